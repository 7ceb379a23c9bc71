// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Learns a profile from blocks of a model: sums and products of channels in double, and at the end
// a basis of eigenvectors for each group. Keys are rotated back first where the shape says so. A
// few thousand tokens of several sequences are enough (docs/adr/0033). Owned and called by one
// thread; memory is 8 * channels * group size bytes a segment.
#pragma once

#include "gpu/profile_draft.hpp"
#include "gpu/scratch.hpp"

#include <functional>
#include <vector>

namespace cellard::gpu {

/// Eigenvalues of a symmetric matrix [size][size], in any order, and `vectors` [i][..] of the i-th.
/// A library's; exceptions pass through.
using eigen_solver = std::function<void(std::size_t size, std::span<const double> symmetric,
                                        std::span<double> values, std::span<double> vectors)>;

class calibration {
public:
  /// @pre shape.check() succeeded
  explicit calibration(const profile_shape& shape);

  /// Adds all tokens of a segment. errc::invalid_argument when it is none of the shape's, or holds
  /// values that are not finite: nothing was added then. @pre raw.size() == shape.raw_bytes()
  core::result<core::ok_t> add(const segment& shape, std::span<const std::byte> raw, scratch& work);

  /// Tokens of the segment that saw fewest.
  [[nodiscard]] std::uint64_t tokens() const noexcept;

  /// errc::invalid_argument before every segment has seen two tokens.
  [[nodiscard]] core::result<core::ok_t> check() const;

  /// One segment's part of a draft of this shape. @pre check() succeeded
  void fill(std::uint32_t layer, side which, const eigen_solver& solve, profile_draft& draft) const;

  /// All parts at once. The errors of `check`.
  [[nodiscard]] core::result<std::shared_ptr<const profile>> build(const eigen_solver& solve) const;

private:
  struct sums {
    std::uint64_t tokens = 0;
    std::vector<double> first;   // [channels]
    std::vector<double> second;  // [groups][size][size], the upper triangle
  };

  [[nodiscard]] std::size_t index(std::uint32_t layer, side which) const noexcept {
    return std::size_t{layer} * shape_.sides() + static_cast<std::size_t>(which);
  }

  profile_shape shape_;
  std::vector<sums> segments_;
};

}  // namespace cellard::gpu
