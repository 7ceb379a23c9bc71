// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The small floating point types as bits, one value at a time: the truth that every faster loop is
// compared with. Rounding is to nearest, ties to even, unless the name says otherwise.
//   f16    IEEE binary16: 1 sign, 5 exponent, 10 fraction bits
//   bf16   the upper half of a float
//   f8e4m3 1 sign, 4 exponent (bias 7), 3 fraction bits; no infinity, 0x7f and 0xff are NaN, the
//          largest is 448 ("FP8 Formats for Deep Learning", Micikevicius et al. 2022). Larger
//          values become the largest, as engines do.
#pragma once

#include <bit>
#include <cstdint>

namespace cellard::gpu {
namespace detail {

/// Drops the low `bits` of `value` by `mode`: the quotient that a small type stores.
inline std::uint32_t round_off(std::uint32_t value, unsigned bits) noexcept {
  if (bits > 31) {
    return 0;
  }
  const std::uint32_t kept = value >> bits;
  const std::uint32_t rest = value & ((1U << bits) - 1);
  const std::uint32_t half = bits == 0 ? 1U : 1U << (bits - 1);
  return kept + ((rest > half || (rest == half && bits != 0 && (kept & 1U) != 0)) ? 1U : 0U);
}

}  // namespace detail

inline float f16_to_float(std::uint16_t bits) noexcept {
  const std::uint32_t sign = (bits & 0x8000U) << 16;
  const std::uint32_t magnitude = bits & 0x7fffU;
  if (magnitude >= 0x7c00U) {
    return std::bit_cast<float>(sign | 0x7f800000U | ((magnitude & 0x3ffU) << 13));
  }
  if (magnitude >= 0x0400U) {
    return std::bit_cast<float>(sign | ((magnitude << 13) + 0x38000000U));
  }
  const float value = static_cast<float>(magnitude) * 0x1p-24F;
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(value) | sign);
}

inline std::uint16_t float_to_f16(float value) noexcept {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = (bits >> 16) & 0x8000U;
  const std::uint32_t magnitude = bits & 0x7fffffffU;
  if (magnitude > 0x7f800000U) {
    return static_cast<std::uint16_t>(sign | 0x7e00U);
  }
  if (magnitude >= 0x477ff000U) {  // rounds to 65536 or more
    return static_cast<std::uint16_t>(sign | 0x7c00U);
  }
  if (magnitude >= 0x38800000U) {  // a normal f16
    return static_cast<std::uint16_t>(sign | detail::round_off(magnitude - 0x38000000U, 13));
  }
  const std::uint32_t exponent = magnitude >> 23;
  const std::uint32_t fraction = (magnitude & 0x7fffffU) | 0x800000U;
  return static_cast<std::uint16_t>(
    sign | (exponent < 102 ? 0U : detail::round_off(fraction, 126 - exponent)));
}

/// The smallest f16 that is not less than `value`. @pre 0 <= value <= 65504
inline std::uint16_t float_to_f16_up(float value) noexcept {
  const std::uint16_t near = float_to_f16(value);
  return f16_to_float(near) < value ? static_cast<std::uint16_t>(near + 1) : near;
}

/// The largest f16 that is not greater than `value`. @pre |value| <= 65504
inline std::uint16_t float_to_f16_down(float value) noexcept {
  const std::uint16_t near = float_to_f16(value);
  if (!(f16_to_float(near) > value)) {
    return near;
  }
  if (near == 0) {
    return 0x8001U;
  }
  return static_cast<std::uint16_t>((near & 0x8000U) != 0 ? near + 1 : near - 1);
}

inline float bf16_to_float(std::uint16_t bits) noexcept {
  return std::bit_cast<float>(std::uint32_t{bits} << 16);
}

inline std::uint16_t float_to_bf16(float value) noexcept {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
  if ((bits & 0x7fffffffU) > 0x7f800000U) {
    return static_cast<std::uint16_t>((bits >> 16) | 0x0040U);
  }
  return static_cast<std::uint16_t>((bits + 0x7fffU + ((bits >> 16) & 1U)) >> 16);
}

/// The smallest bf16 that is not less than `value`. @pre value >= 0 and finite
inline std::uint16_t float_to_bf16_up(float value) noexcept {
  return static_cast<std::uint16_t>((std::bit_cast<std::uint32_t>(value) + 0xffffU) >> 16);
}

inline float f8e4m3_to_float(std::uint8_t bits) noexcept {
  const std::uint32_t sign = (bits & 0x80U) << 24;
  const std::uint32_t magnitude = bits & 0x7fU;
  if (magnitude == 0x7fU) {
    return std::bit_cast<float>(sign | 0x7fc00000U);
  }
  if (magnitude >= 0x08U) {
    return std::bit_cast<float>(sign | ((magnitude << 20) + 0x3c000000U));
  }
  const float value = static_cast<float>(magnitude) * 0x1p-9F;
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(value) | sign);
}

inline std::uint8_t float_to_f8e4m3(float value) noexcept {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = (bits >> 24) & 0x80U;
  const std::uint32_t magnitude = bits & 0x7fffffffU;
  if (magnitude > 0x7f800000U) {
    return static_cast<std::uint8_t>(sign | 0x7fU);
  }
  if (magnitude >= 0x43e00000U) {  // 448 and more
    return static_cast<std::uint8_t>(sign | 0x7eU);
  }
  if (magnitude >= 0x3c800000U) {  // a normal f8
    const std::uint32_t rounded = detail::round_off(magnitude - 0x3c000000U, 20);
    return static_cast<std::uint8_t>(sign | (rounded > 0x7eU ? 0x7eU : rounded));
  }
  const std::uint32_t exponent = magnitude >> 23;
  const std::uint32_t fraction = (magnitude & 0x7fffffU) | 0x800000U;
  return static_cast<std::uint8_t>(
    sign | (exponent < 117 ? 0U : detail::round_off(fraction, 141 - exponent)));
}

}  // namespace cellard::gpu
