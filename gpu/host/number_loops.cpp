// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "gpu/host/number_loops.hpp"

#include "gpu/host/number_types.hpp"

namespace cellard::gpu::host {
namespace {

template <core::dtype Type>
void widen(const std::byte* from, std::size_t count, float* to) {
  for (std::size_t i = 0; i < count; ++i) {
    to[i] = widen_at<Type>(from, i);
  }
}

template <core::dtype Type>
void narrow(const float* from, std::size_t count, std::byte* to) {
  for (std::size_t i = 0; i < count; ++i) {
    narrow_at<Type>(from[i], to, i);
  }
}

template <core::dtype Type>
bool all_finite(const std::byte* from, std::size_t count) {
  constexpr auto mask = number<Type>::exponent_mask;
  for (std::size_t i = 0; i < count; ++i) {
    if ((bits_at<Type>(from, i) & mask) == mask) {
      return false;
    }
  }
  return true;
}

using enum core::dtype;

constexpr number_loops scalar{
  {nullptr, widen<f32>, widen<f16>, widen<bf16>, widen<f8e4m3>},
  {nullptr, narrow<f32>, narrow<f16>, narrow<bf16>, narrow<f8e4m3>},
  {nullptr, all_finite<f32>, all_finite<f16>, all_finite<bf16>, all_finite<f8e4m3>}};

}  // namespace

#ifndef CELLARD_HIGHWAY
const number_loops* highway_number_loops(level) noexcept {
  return nullptr;
}
#endif

const number_loops& number_loops_of(level loops) noexcept {
  const number_loops* fast = highway_number_loops(loops);
  return fast == nullptr ? scalar : *fast;
}

}  // namespace cellard::gpu::host
