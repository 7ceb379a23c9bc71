// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The element types as C++ types, for loops that are templates of one: a value in memory that need
// not be aligned, to float and back.
#pragma once

#include "core/layout.hpp"
#include "gpu/numbers.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace cellard::gpu::host {

template <core::dtype Type>
struct number;

template <>
struct number<core::dtype::f32> {
  using bits = std::uint32_t;
  static constexpr bits exponent_mask = 0x7f800000U;  // all set: infinite or not a number
  static float widen(bits value) noexcept { return std::bit_cast<float>(value); }
  static bits narrow(float value) noexcept { return std::bit_cast<bits>(value); }
};

template <>
struct number<core::dtype::f16> {
  using bits = std::uint16_t;
  static constexpr bits exponent_mask = 0x7c00U;
  static float widen(bits value) noexcept { return f16_to_float(value); }
  static bits narrow(float value) noexcept { return float_to_f16(value); }
};

template <>
struct number<core::dtype::bf16> {
  using bits = std::uint16_t;
  static constexpr bits exponent_mask = 0x7f80U;
  static float widen(bits value) noexcept { return bf16_to_float(value); }
  static bits narrow(float value) noexcept { return float_to_bf16(value); }
};

template <>
struct number<core::dtype::f8e4m3> {
  using bits = std::uint8_t;
  static constexpr bits exponent_mask = 0x7fU;  // the one NaN; no infinity
  static float widen(bits value) noexcept { return f8e4m3_to_float(value); }
  static bits narrow(float value) noexcept { return float_to_f8e4m3(value); }
};

/// Value `index` of an array.
template <core::dtype Type>
typename number<Type>::bits bits_at(const std::byte* from, std::size_t index) noexcept {
  typename number<Type>::bits value;
  std::memcpy(&value, from + index * sizeof(value), sizeof(value));
  return value;
}

template <core::dtype Type>
float widen_at(const std::byte* from, std::size_t index) noexcept {
  return number<Type>::widen(bits_at<Type>(from, index));
}

template <core::dtype Type>
void narrow_at(float value, std::byte* to, std::size_t index) noexcept {
  const auto bits = number<Type>::narrow(value);
  std::memcpy(to + index * sizeof(bits), &bits, sizeof(bits));
}

}  // namespace cellard::gpu::host
