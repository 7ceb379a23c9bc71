// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Arrays of small floats to arrays of float and back, as gpu/numbers.hpp says value by value. One
// immutable table of functions a level; every thread may call them. Pointers may have any
// alignment, the two arrays may not overlap. A NaN stays a NaN, with whichever payload the
// processor gives it; everything else is the same to the bit on every level.
#pragma once

#include "core/layout.hpp"
#include "gpu/host/level.hpp"

#include <array>
#include <cstddef>

namespace cellard::gpu::host {

struct number_loops {
  using widen_loop = void (*)(const std::byte* from, std::size_t count, float* to);
  using narrow_loop = void (*)(const float* from, std::size_t count, std::byte* to);
  using finite_loop = bool (*)(const std::byte* from, std::size_t count);

  std::array<widen_loop, 5> widen_of;    // by core::dtype; opaque has none
  std::array<narrow_loop, 5> narrow_of;  // rounds to nearest, ties to even
  std::array<finite_loop, 5> all_finite_of;

  /// `count` values of `type` as float. @pre type is not opaque, here and below
  void widen(core::dtype type, const std::byte* from, std::size_t count, float* to) const {
    widen_of[static_cast<std::size_t>(type)](from, count, to);
  }
  void narrow(core::dtype type, const float* from, std::size_t count, std::byte* to) const {
    narrow_of[static_cast<std::size_t>(type)](from, count, to);
  }
  /// Whether none of them is infinite or not a number.
  [[nodiscard]] bool all_finite(core::dtype type, const std::byte* from, std::size_t count) const {
    return all_finite_of[static_cast<std::size_t>(type)](from, count);
  }
};

/// @pre `loops` is one of supported_levels()
[[nodiscard]] const number_loops& number_loops_of(level loops) noexcept;

/// Those that Highway makes; null for levels that it does not make. Without Highway there are none.
[[nodiscard]] const number_loops* highway_number_loops(level loops) noexcept;

}  // namespace cellard::gpu::host
