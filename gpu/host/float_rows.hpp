// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// A segment as a matrix of float, a row a token, for codecs that work on all heads together: keys
// before their rotation where the segment says how they were rotated. Immutable; any thread.
#pragma once

#include "core/result.hpp"
#include "gpu/host/number_loops.hpp"
#include "gpu/host/rope_loops.hpp"
#include "gpu/segment.hpp"

#include <span>
#include <string_view>

namespace cellard::gpu::host {

class float_rows {
public:
  explicit float_rows(level loops);

  /// Whether keys are rotated back, and again after decoding.
  [[nodiscard]] static bool rotates(const segment& shape) noexcept;

  /// All rows. errc::invalid_argument when a value is not finite or above 2^120.
  /// @pre check_segment(shape); rows.size() == shape.count()
  core::result<core::ok_t> read(const segment& shape, std::span<const std::byte> raw,
                                std::string_view codec, std::span<float> rows) const;

  /// One row to the segment's type, rotated again; what lies beyond the type's range becomes the
  /// end of that. `row` is spent. @pre no value is NaN
  void write(const segment& shape, std::uint32_t token, std::span<float> row, std::byte* to) const;

private:
  const number_loops& numbers_;
  const rope_loops& rope_;
};

}  // namespace cellard::gpu::host
