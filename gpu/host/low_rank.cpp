// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "gpu/host/low_rank.hpp"

#include "gpu/host/symmetric_eigen.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numeric>

namespace cellard::gpu::host {
namespace {

// Buffers of scratch.
enum slot : std::size_t { basis_slot, part_slot, probe_slot, gram_slot, vector_slot, order_slot };
enum result_slot : std::size_t { left_slot = 6, right_slot };

constexpr std::size_t panel = 16;  // directions that are looked for together
// Singular values below this part of the first are noise of float.
constexpr double noise = 1e-6;

using row = std::array<float, panel>;

/// Signs, 16 of a word of splitmix64: as good as normal numbers for probes, and exact.
row probe(std::uint64_t index) {
  std::uint64_t bits = (index + 1) * 0x9e3779b97f4a7c15ULL;
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9ULL;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebULL;
  bits ^= bits >> 31;
  row out;
  for (std::size_t i = 0; i < panel; ++i) {
    out[i] = ((bits >> i) & 1U) != 0 ? 1.0F : -1.0F;
  }
  return out;
}

/// A sum in eight lanes, so that a compiler may use vectors and the order is still one.
double dot(std::span<const float> a, std::span<const float> b) {
  constexpr std::size_t lanes = 8;
  std::array<double, lanes> sums{};
  std::size_t i = 0;
  for (; i + lanes <= a.size(); i += lanes) {
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      sums[lane] += static_cast<double>(a[i + lane]) * static_cast<double>(b[i + lane]);
    }
  }
  for (; i < a.size(); ++i) {
    sums[0] += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  }
  return std::accumulate(sums.begin(), sums.end(), 0.0);
}

/// to += factor * from
void add(float factor, const float* from, std::size_t count, float* to) {
  for (std::size_t i = 0; i < count; ++i) {
    to[i] += factor * from[i];
  }
}

/// One A with rows and columns, and products with panels.
struct matrix_view {
  std::span<float> values;
  std::size_t rows;
  std::size_t columns;

  [[nodiscard]] std::span<float> at(std::size_t index) const {
    return values.subspan(index * columns, columns);
  }

  /// to = A * from, [columns] to [rows] of panels.
  void times(std::span<const row> from, std::span<row> to) const {
    for (std::size_t t = 0; t < rows; ++t) {
      row sum{};
      const auto values_of = at(t);
      for (std::size_t d = 0; d < columns; ++d) {
        add(values_of[d], from[d].data(), panel, sum.data());
      }
      to[t] = sum;
    }
  }

  /// to = from^T * A, [panel][columns].
  void transposed_times(std::span<const row> from, std::span<float> to) const {
    std::fill(to.begin(), to.end(), 0.0F);
    for (std::size_t t = 0; t < rows; ++t) {
      for (std::size_t i = 0; i < panel; ++i) {
        add(from[t][i], at(t).data(), columns, &to[i * columns]);
      }
    }
  }

  /// A -= left * right
  void subtract(std::span<const row> left, std::span<const float> right) const {
    for (std::size_t t = 0; t < rows; ++t) {
      for (std::size_t i = 0; i < panel; ++i) {
        add(-left[t][i], &right[i * columns], columns, at(t).data());
      }
    }
  }

  [[nodiscard]] double energy() const { return dot(values, values); }
};

/// Gram and Schmidt, twice because once is not orthogonal enough in float. A column that the others
/// span becomes zero.
void orthonormalise(std::span<row> columns) {
  for (std::size_t i = 0; i < panel; ++i) {
    const auto product = [&](std::size_t k) {
      double sum = 0;
      for (const row& each : columns) {
        sum += static_cast<double>(each[i]) * static_cast<double>(each[k]);
      }
      return sum;
    };
    const double before = product(i);
    for (int pass = 0; pass < 2; ++pass) {
      for (std::size_t k = 0; k < i; ++k) {
        const auto share = static_cast<float>(product(k));
        for (row& each : columns) {
          each[i] -= share * each[k];
        }
      }
    }
    const double after = product(i);
    const double scale = after <= noise * noise * before ? 0.0 : 1 / std::sqrt(after);
    for (row& each : columns) {
      each[i] = static_cast<float>(each[i] * scale);
    }
  }
}

/// Directions of what is left in `rest`, most of them the largest: basis [rows] of panels, and what
/// it takes out of rest, [panel][columns].
void take_panel(const matrix_view& rest, std::size_t index, std::span<row> probes,
                std::span<row> basis, std::span<float> part) {
  for (std::size_t d = 0; d < rest.columns; ++d) {
    probes[d] = probe(index * rest.columns + d);
  }
  rest.times(probes, basis);
  orthonormalise(basis);
  rest.transposed_times(basis, part);  // the power iteration
  for (std::size_t d = 0; d < rest.columns; ++d) {
    for (std::size_t i = 0; i < panel; ++i) {
      probes[d][i] = part[i * rest.columns + d];
    }
  }
  rest.times(probes, basis);
  orthonormalise(basis);
  rest.transposed_times(basis, part);
  rest.subtract(basis, part);
}

}  // namespace

low_rank find_low_rank(std::span<float> matrix, std::size_t rows, std::size_t columns,
                       rank_goal goal, scratch& work) {
  const matrix_view rest{matrix, rows, columns};
  const std::size_t most = std::min({goal.most_rank, rows, columns});
  // Half a panel more than is wanted, so that its last directions are good ones too.
  const std::size_t panels = (most + panel / 2 + panel - 1) / panel;
  const auto basis = work.take<row>(basis_slot, panels * rows);  // panel after panel
  const auto parts = work.take<float>(part_slot, panels * panel * columns);
  const auto probes = work.take<row>(probe_slot, columns);

  const double whole = rest.energy();
  const double spare = (1 - goal.energy) * whole;
  double left_over = whole;
  std::size_t found = 0;
  for (; found < panels && left_over > spare; ++found) {
    take_panel(rest, found, probes, basis.subspan(found * rows, rows),
               parts.subspan(found * panel * columns, panel * columns));
    left_over = rest.energy();
  }

  const std::size_t size = found * panel;
  const auto part = [&](std::size_t index) {
    return parts.subspan(index * columns, columns);
  };
  const auto gram = work.take<double>(gram_slot, size * size);
  for (std::size_t a = 0; a < size; ++a) {
    for (std::size_t b = a; b < size; ++b) {
      gram[a * size + b] = gram[b * size + a] = dot(part(a), part(b));
    }
  }
  const auto vectors = work.take<double>(vector_slot, size * size);
  diagonalise(gram, size, vectors);
  const auto square_of = [&](std::size_t index) {  // of a singular value
    return gram[index * size + index];
  };
  const auto order = work.take<std::uint32_t>(order_slot, size);
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(),
                   [&](auto a, auto b) { return square_of(a) > square_of(b); });

  double dropped = left_over;
  for (const auto index : order) {
    dropped += square_of(index);
  }
  std::size_t rank = 0;
  while (rank < std::min(most, size) && dropped > spare
         && square_of(order[rank]) > noise * noise * square_of(order[0])) {
    dropped -= square_of(order[rank++]);
  }

  low_rank out{rank, whole == 0 ? 1 : 1 - std::max(dropped, 0.0) / whole,
               work.take<float>(left_slot, rows * rank),
               work.take<float>(right_slot, rank * columns)};
  std::fill(out.left.begin(), out.left.end(), 0.0F);
  std::fill(out.right.begin(), out.right.end(), 0.0F);
  for (std::size_t j = 0; j < rank; ++j) {
    const double root = std::sqrt(std::sqrt(square_of(order[j])));  // of the singular value
    const auto vector = vectors.subspan(order[j] * size, size);
    for (std::size_t k = 0; k < size; ++k) {
      const auto weight = static_cast<float>(vector[k] * root);
      for (std::size_t t = 0; t < rows; ++t) {
        out.left[t * rank + j] += weight * basis[k / panel * rows + t][k % panel];
      }
      add(static_cast<float>(vector[k] / root), part(k).data(), columns, &out.right[j * columns]);
    }
  }
  return out;
}

}  // namespace cellard::gpu::host
