// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// One vector of float from memory of any element type and back, to the bit what gpu/numbers.hpp
// says. For files that Highway compiles once for each instruction set: include it after highway.h,
// use it between HWY_BEFORE_NAMESPACE and HWY_AFTER_NAMESPACE. Scalar targets have none of it.
#include "gpu/host/number_types.hpp"

#include <array>
#include <cmath>

#include <hwy/highway.h>

// Highway's own guard: true once for each instruction set.
#if defined(CELLARD_GPU_HOST_LANES_INL) == defined(HWY_TARGET_TOGGLE)
#  ifdef CELLARD_GPU_HOST_LANES_INL
#    undef CELLARD_GPU_HOST_LANES_INL
#  else
#    define CELLARD_GPU_HOST_LANES_INL
#  endif

HWY_BEFORE_NAMESPACE();
namespace cellard::gpu::host::HWY_NAMESPACE {
#  if HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128

namespace hn = hwy::HWY_NAMESPACE;

using floats = hn::ScalableTag<float>;
using words = hn::RebindToUnsigned<floats>;
using integers = hn::RebindToSigned<floats>;
using float_vector = hn::Vec<floats>;
using word_vector = hn::Vec<words>;

/// A type of 5 or 4 exponent bits, whose magnitude bits are those of float, shifted and with
/// another bias.
struct f16_shape {
  static constexpr int shift = 13;
  static constexpr std::uint32_t sign = 0x8000U;
  static constexpr int sign_shift = 16;
  static constexpr std::uint32_t bias = 0x38000000U;
  static constexpr std::uint32_t first_normal = 0x0400U;
  static constexpr std::uint32_t first_special = 0x7c00U;  // infinity
  static constexpr std::uint32_t special_bits = 0x7f800000U;
  static constexpr std::uint32_t largest = 0x7c00U;  // what larger values become
  static constexpr std::uint32_t nan = 0x7e00U;
  static constexpr float unit = 0x1p-24F;  // of the subnormal numbers
};
struct f8e4m3_shape {
  static constexpr int shift = 20;
  static constexpr std::uint32_t sign = 0x80U;
  static constexpr int sign_shift = 24;
  static constexpr std::uint32_t bias = 0x3c000000U;
  static constexpr std::uint32_t first_normal = 0x08U;
  static constexpr std::uint32_t first_special = 0x7fU;
  static constexpr std::uint32_t special_bits = 0x7fc00000U;
  static constexpr std::uint32_t largest = 0x7eU;
  static constexpr std::uint32_t nan = 0x7fU;
  static constexpr float unit = 0x1p-9F;
};

template <class Shape>
HWY_INLINE float_vector widen_bits(word_vector bits) {
  const floats f;
  const words w;
  const auto sign = hn::ShiftLeft<Shape::sign_shift>(hn::And(bits, hn::Set(w, Shape::sign)));
  const auto magnitude = hn::And(bits, hn::Set(w, Shape::sign - 1));
  const auto shifted = hn::ShiftLeft<Shape::shift>(magnitude);
  const auto normal = hn::Add(shifted, hn::Set(w, Shape::bias));
  const auto small = hn::BitCast(
    w, hn::Mul(hn::ConvertTo(f, hn::BitCast(integers(), magnitude)), hn::Set(f, Shape::unit)));
  const auto finite =
    hn::IfThenElse(hn::Lt(magnitude, hn::Set(w, Shape::first_normal)), small, normal);
  const auto value = hn::IfThenElse(hn::Gt(magnitude, hn::Set(w, Shape::first_special - 1)),
                                    hn::Or(shifted, hn::Set(w, Shape::special_bits)), finite);
  return hn::BitCast(f, hn::Or(value, sign));
}

template <class Shape>
HWY_INLINE word_vector narrow_bits(float_vector value) {
  const floats f;
  const words w;
  const auto bits = hn::BitCast(w, value);
  const auto sign = hn::And(hn::ShiftRight<Shape::sign_shift>(bits), hn::Set(w, Shape::sign));
  const auto magnitude = hn::And(bits, hn::Set(w, 0x7fffffffU));
  // Half of what is cut off is added, less one where the kept part is even.
  constexpr std::uint32_t half = (1U << (Shape::shift - 1)) - 1;
  const auto odd = hn::And(hn::ShiftRight<Shape::shift>(magnitude), hn::Set(w, 1U));
  const auto rounded =
    hn::ShiftRight<Shape::shift>(hn::Add(hn::Add(magnitude, odd), hn::Set(w, half - Shape::bias)));
  // The unit of this sum's last place is the unit of the subnormal numbers: the adder rounds.
  const auto anchor = hn::Set(f, Shape::unit * 0x1p23F);
  const auto small =
    hn::Sub(hn::BitCast(w, hn::Add(hn::BitCast(f, magnitude), anchor)), hn::BitCast(w, anchor));
  const auto first = hn::Set(w, Shape::bias + (Shape::first_normal << Shape::shift));
  auto result = hn::IfThenElse(hn::Lt(magnitude, first), small, rounded);
  // Beyond the last number, by magnitude: `rounded` of infinity would have to fit the type.
  result = hn::Min(result, hn::Set(w, Shape::largest));
  result =
    hn::IfThenElse(hn::Gt(magnitude, hn::Set(w, 0x7f800000U)), hn::Set(w, Shape::nan), result);
  return hn::Or(result, sign);
}

template <class Tag>
HWY_INLINE hn::Vec<Tag> load_bits(Tag tag, const std::byte* from) {
  const hn::Repartition<std::uint8_t, Tag> bytes;
  return hn::BitCast(tag, hn::LoadU(bytes, reinterpret_cast<const std::uint8_t*>(from)));
}

template <class Tag>
HWY_INLINE void store_bits(hn::Vec<Tag> value, Tag tag, std::byte* to) {
  const hn::Repartition<std::uint8_t, Tag> bytes;
  hn::StoreU(hn::BitCast(bytes, value), bytes, reinterpret_cast<std::uint8_t*>(to));
  (void)tag;
}

/// The next Lanes(floats()) values of `Type`.
template <core::dtype Type>
HWY_INLINE float_vector load_floats(const std::byte* from) {
  const floats f;
  const words w;
  if constexpr (Type == core::dtype::f32) {
    return load_bits(f, from);
  } else if constexpr (Type == core::dtype::bf16) {
    const hn::Rebind<std::uint16_t, floats> half;
    return hn::BitCast(f, hn::ShiftLeft<16>(hn::PromoteTo(w, load_bits(half, from))));
  } else if constexpr (Type == core::dtype::f8e4m3) {
    const hn::Rebind<std::uint8_t, floats> quarter;
    return widen_bits<f8e4m3_shape>(hn::PromoteTo(w, load_bits(quarter, from)));
  } else {
    const hn::Rebind<std::uint16_t, floats> half;
    const auto bits = load_bits(half, from);
#    if HWY_TARGET == HWY_SSE4
    return widen_bits<f16_shape>(hn::PromoteTo(w, bits));
#    else
    return hn::PromoteTo(f, hn::BitCast(hn::Rebind<hwy::float16_t, floats>(), bits));
#    endif
  }
}

template <core::dtype Type>
HWY_INLINE void store_floats(float_vector value, std::byte* to) {
  const words w;
  if constexpr (Type == core::dtype::f32) {
    store_bits(value, floats(), to);
  } else if constexpr (Type == core::dtype::bf16) {
    const hn::Rebind<std::uint16_t, floats> half;
    const auto bits = hn::BitCast(w, value);
    const auto odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(w, 1U));
    const auto rounded = hn::Add(hn::Add(bits, odd), hn::Set(w, 0x7fffU));
    const auto kept = hn::IfThenElse(hn::RebindMask(w, hn::IsNaN(value)),
                                     hn::Or(bits, hn::Set(w, 0x400000U)), rounded);
    store_bits(hn::TruncateTo(half, hn::ShiftRight<16>(kept)), half, to);
  } else if constexpr (Type == core::dtype::f8e4m3) {
    const hn::Rebind<std::uint8_t, floats> quarter;
    store_bits(hn::TruncateTo(quarter, narrow_bits<f8e4m3_shape>(value)), quarter, to);
  } else {
    const hn::Rebind<std::uint16_t, floats> half;
#    if HWY_TARGET == HWY_SSE4
    store_bits(hn::TruncateTo(half, narrow_bits<f16_shape>(value)), half, to);
#    else
    const hn::Rebind<hwy::float16_t, floats> small;
    store_bits(hn::BitCast(half, hn::DemoteTo(small, value)), half, to);
#    endif
  }
}

/// a * b + c with one rounding. SSE4 is older than the instruction: there the library does it, lane
/// by lane.
HWY_INLINE float_vector fused(float_vector a, float_vector b, float_vector c) {
#    if HWY_TARGET == HWY_SSE4
  const floats f;
  alignas(16) std::array<std::array<float, hn::MaxLanes(f)>, 3> lanes;
  hn::Store(a, f, lanes[0].data());
  hn::Store(b, f, lanes[1].data());
  hn::Store(c, f, lanes[2].data());
  for (std::size_t i = 0; i < lanes[0].size(); ++i) {
    lanes[0][i] = std::fma(lanes[0][i], lanes[1][i], lanes[2][i]);
  }
  return hn::Load(f, lanes[0].data());
#    else
  return hn::MulAdd(a, b, c);
#    endif
}

#  endif
}  // namespace cellard::gpu::host::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
