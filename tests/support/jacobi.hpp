// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Eigenvectors of small symmetric matrices by Jacobi's rotations: short and slow, for tests.
#pragma once

#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace cellard::tests {

inline void jacobi(std::size_t size, std::span<const double> symmetric, std::span<double> values,
                   std::span<double> vectors) {
  std::vector<double> a(symmetric.begin(), symmetric.end());
  for (std::size_t i = 0; i < size * size; ++i) {
    vectors[i] = i % (size + 1) == 0 ? 1 : 0;
  }
  constexpr int sweeps = 30;
  for (int sweep = 0; sweep < sweeps; ++sweep) {
    for (std::size_t p = 0; p < size; ++p) {
      for (std::size_t q = p + 1; q < size; ++q) {
        const double angle =
          0.5 * std::atan2(2 * a[p * size + q], a[q * size + q] - a[p * size + p]);
        const double c = std::cos(angle);
        const double s = std::sin(angle);
        for (std::size_t k = 0; k < size; ++k) {  // columns, then rows, then the vectors
          const double left = a[k * size + p];
          const double right = a[k * size + q];
          a[k * size + p] = c * left - s * right;
          a[k * size + q] = s * left + c * right;
        }
        for (std::size_t k = 0; k < size; ++k) {
          const double upper = a[p * size + k];
          const double lower = a[q * size + k];
          a[p * size + k] = c * upper - s * lower;
          a[q * size + k] = s * upper + c * lower;
          const double first = vectors[p * size + k];
          const double second = vectors[q * size + k];
          vectors[p * size + k] = c * first - s * second;
          vectors[q * size + k] = s * first + c * second;
        }
      }
    }
  }
  for (std::size_t i = 0; i < size; ++i) {
    values[i] = a[i * size + i];
  }
}

}  // namespace cellard::tests
