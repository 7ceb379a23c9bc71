// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The formulas of the integer codecs, one value at a time (docs/codec-format.md). A group is what
// shares a step: a channel of a tile (keys), or the values of one head of one token (values).
//   symmetric    x = q * scale,          -top <= q <= top
//   asymmetric   x = q * scale + least,     0 <= q <= top
// Scale and least are stored as f16, the scale rounded up and the least value down, so that the
// codes reach all values; as f32 where f16 cannot hold them. An f32 scale has 16 significant bits:
// a product with a code is exact then, as it is with f16's 11, and decoding rounds once.
#pragma once

#include "gpu/numbers.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

namespace cellard::gpu::host {

/// How the steps of a segment are stored.
enum class step_storage : std::uint8_t { f16, f32 };

/// What one group is encoded with.
struct integer_step {
  float scale = 0;
  float least = 0;
  float inverse = 0;  ///< 1 / scale, or 0: all codes are 0 then
  bool held = false;  ///< whether the storage holds it

  friend bool operator==(const integer_step&, const integer_step&) = default;
};

inline constexpr float f16_largest = 65504.0F;
/// What still rounds to that; and what does so after it was rotated, by a factor of sqrt 2 at most.
inline constexpr float f16_reach = 65519.0F;
inline constexpr float f16_rotated_reach = 46300.0F;
/// Below this an f16 has less than 5 significant bits left, and rounding a scale up costs more than
/// a bit of storage would.
inline constexpr float f16_least_scale = 0x1p-20F;
/// No sum of steps and no rotation of values within this range leaves the range of float.
inline constexpr float largest_value = 0x1p120F;
/// Its inverse is finite. Values of a group with a smaller range than this become its least value,
/// or 0 when the codes are symmetric.
inline constexpr float f32_least_scale = 0x1p-126F;
inline constexpr std::uint32_t f32_scale_cut = 0xffU;

inline integer_step step_of(float least, float most, bool symmetric, float top,
                            step_storage storage) noexcept {
  integer_step step;
  const float low = least + 0.0F;  // -0 and 0 are one value, whichever was met first
  const float high = most + 0.0F;
  const float magnitude = std::max(std::abs(least), std::abs(most));
  if (storage == step_storage::f16) {
    step.least = symmetric ? 0.0F : f16_to_float(float_to_f16_down(low));
    const float exact = (symmetric ? magnitude : high - step.least) / top;
    step.scale = f16_to_float(float_to_f16_up(exact));
    step.held = step.scale <= f16_largest && step.least >= -f16_largest
                && (step.scale == 0.0F || step.scale >= f16_least_scale);
  } else {
    step.least = symmetric ? 0.0F : low;
    const float exact = (symmetric ? magnitude : high - step.least) / top;
    const std::uint32_t up = (std::bit_cast<std::uint32_t>(exact) + f32_scale_cut) & ~f32_scale_cut;
    step.scale = exact == 0.0F ? 0.0F : std::max(std::bit_cast<float>(up), f32_least_scale);
    step.held = magnitude <= largest_value;
  }
  step.inverse = step.scale == 0.0F ? 0.0F : 1.0F / step.scale;
  return step;
}

inline std::int8_t code_of(float value, float least, float inverse, float lowest,
                           float highest) noexcept {
  const float nearest = std::nearbyint((value - least) * inverse);
  return static_cast<std::int8_t>(std::clamp(nearest, lowest, highest));
}

inline float value_of(std::int8_t code, float scale, float least) noexcept {
  return static_cast<float>(code) * scale + least;  // the product is exact: one rounding
}

}  // namespace cellard::gpu::host
