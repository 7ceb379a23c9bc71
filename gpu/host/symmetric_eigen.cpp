// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "gpu/host/symmetric_eigen.hpp"

#include <algorithm>
#include <cmath>

namespace cellard::gpu::host {
namespace {

// Factors get eight bits: a thousandth of a neighbour in a vector does not show.
constexpr double negligible = 1e-3;
// Sweeps converge quadratically; the rest of what is left after these is kept all the same.
constexpr int most_sweeps = 12;

struct rotation {
  double cosine;
  double sine;
};

/// That makes the element between them zero, turning by the smaller angle.
rotation between(double p, double q, double element) {
  const double slope = (q - p) / (2 * element);
  const double tangent =
    (slope < 0 ? -1.0 : 1.0) / (std::abs(slope) + std::sqrt(slope * slope + 1));
  const double cosine = 1 / std::sqrt(tangent * tangent + 1);
  return {cosine, tangent * cosine};
}

void turn(rotation by, double* p, double* q, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    const double was = p[i];
    p[i] = by.cosine * was - by.sine * q[i];
    q[i] = by.sine * was + by.cosine * q[i];
  }
}

}  // namespace

void diagonalise(std::span<double> matrix, std::size_t size, std::span<double> vectors) {
  std::fill(vectors.begin(), vectors.end(), 0.0);
  for (std::size_t i = 0; i < size; ++i) {
    vectors[i * size + i] = 1;
  }
  bool again = true;
  for (int sweep = 0; again && sweep < most_sweeps; ++sweep) {
    again = false;
    for (std::size_t p = 0; p < size; ++p) {
      for (std::size_t q = p + 1; q < size; ++q) {
        double* const row_p = &matrix[p * size];
        double* const row_q = &matrix[q * size];
        const double element = row_p[q];
        if (element * element <= negligible * negligible * std::abs(row_p[p] * row_q[q])) {
          continue;
        }
        again = true;
        const rotation by = between(row_p[p], row_q[q], element);
        turn(by, row_p, row_q, size);
        for (std::size_t i = 0; i < size; ++i) {  // and the same from the right
          turn(by, &matrix[i * size + p], &matrix[i * size + q], 1);
        }
        turn(by, &vectors[p * size], &vectors[q * size], size);
      }
    }
  }
}

}  // namespace cellard::gpu::host
