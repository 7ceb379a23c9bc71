// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Rotary embedding of float keys in place, [tokens][heads][dim]: forwards as the engine did, and
// back. Two roundings an output, the product and the fused sum, in this order on every level:
//   a' = fma(a, cos, -(b * sin))      b' = fma(a, sin, b * cos)
// Undoing is the same with the sine's sign turned. One immutable table of functions a level; every
// thread may call them.
#pragma once

#include "gpu/host/level.hpp"
#include "gpu/rope_table.hpp"
#include "gpu/segment.hpp"

namespace cellard::gpu::host {

struct rope_loops {
  /// Values of tokens `which` of the table. @pre they are in the table; 2 * how.pairs() <= dim
  using loop = void (*)(const rope_table& how, token_range which, std::uint32_t heads,
                        std::uint32_t dim, float* values);

  loop rotate;
  loop undo;
};

/// @pre `loops` is one of supported_levels()
[[nodiscard]] const rope_loops& rope_loops_of(level loops) noexcept;

/// Those that Highway makes; null for levels that it does not make.
[[nodiscard]] const rope_loops* highway_rope_loops(level loops) noexcept;

}  // namespace cellard::gpu::host
