// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The part between HWY_BEFORE_NAMESPACE and HWY_AFTER_NAMESPACE is compiled once for each
// instruction set.
#include "gpu/host/highway_targets.hpp"
#include "gpu/host/number_loops.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "gpu/host/number_loops_highway.cpp"  // NOLINT
// clang-format off: foreach_target.h has to stand before highway.h
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

#include "gpu/host/lanes-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace cellard::gpu::host::HWY_NAMESPACE {
#if HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
namespace {

template <core::dtype Type>
constexpr std::size_t bytes = sizeof(typename number<Type>::bits);

template <core::dtype Type>
void widen(const std::byte* from, std::size_t count, float* to) {
  const floats f;
  const std::size_t lanes = hn::Lanes(f);
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    hn::StoreU(load_floats<Type>(from + i * bytes<Type>), f, to + i);
  }
  for (; i < count; ++i) {
    to[i] = widen_at<Type>(from, i);
  }
}

template <core::dtype Type>
void narrow(const float* from, std::size_t count, std::byte* to) {
  const floats f;
  const std::size_t lanes = hn::Lanes(f);
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    store_floats<Type>(hn::LoadU(f, from + i), to + i * bytes<Type>);
  }
  for (; i < count; ++i) {
    narrow_at<Type>(from[i], to, i);
  }
}

template <core::dtype Type>
bool all_finite(const std::byte* from, std::size_t count) {
  using bits = typename number<Type>::bits;
  const hn::ScalableTag<bits> tag;
  const std::size_t lanes = hn::Lanes(tag);
  const auto mask = hn::Set(tag, number<Type>::exponent_mask);
  auto most = hn::Zero(tag);
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    most = hn::Max(most, hn::And(load_bits(tag, from + i * bytes<Type>), mask));
  }
  bool finite = hn::AllFalse(tag, hn::Eq(most, mask));
  for (; i < count; ++i) {
    finite =
      finite
      && (bits_at<Type>(from, i) & number<Type>::exponent_mask) != number<Type>::exponent_mask;
  }
  return finite;
}

}  // namespace

using enum core::dtype;

constexpr number_loops loops{
  {nullptr, widen<f32>, widen<f16>, widen<bf16>, widen<f8e4m3>},
  {nullptr, narrow<f32>, narrow<f16>, narrow<bf16>, narrow<f8e4m3>},
  {nullptr, all_finite<f32>, all_finite<f16>, all_finite<bf16>, all_finite<f8e4m3>}};

#endif
}  // namespace cellard::gpu::host::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cellard::gpu::host {

const number_loops* highway_number_loops(level loops) noexcept {
  return CELLARD_LOOPS_OF_LEVEL(number_loops, loops, loops);
}

}  // namespace cellard::gpu::host
#endif
