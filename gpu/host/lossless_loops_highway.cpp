// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The part between HWY_BEFORE_NAMESPACE and HWY_AFTER_NAMESPACE is compiled once for each
// instruction set. The 2-byte types only: f32 is rare and f8e4m3 is a copy.
#include "gpu/host/highway_targets.hpp"
#include "gpu/host/lossless_loops.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "gpu/host/lossless_loops_highway.cpp"  // NOLINT
// clang-format off: foreach_target.h has to stand before highway.h
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace cellard::gpu::host::HWY_NAMESPACE {
#if HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
namespace {

namespace hn = hwy::HWY_NAMESPACE;

using octets = hn::ScalableTag<std::uint8_t>;
using pairs = hn::Repartition<std::uint16_t, octets>;
using half_octets = hn::Half<octets>;
using octet_vector = hn::Vec<octets>;

std::uint8_t* octet_pointer(std::byte* at) {
  return reinterpret_cast<std::uint8_t*>(at);
}
const std::uint8_t* octet_pointer(const std::byte* at) {
  return reinterpret_cast<const std::uint8_t*>(at);
}

template <bool Rotated>
HWY_INLINE octet_vector load_pairs(const std::uint8_t* from) {
  const auto value = hn::BitCast(pairs(), hn::LoadU(octets(), from));
  if constexpr (Rotated) {
    return hn::BitCast(octets(), hn::Or(hn::ShiftLeft<1>(value), hn::ShiftRight<15>(value)));
  } else {
    return hn::BitCast(octets(), value);
  }
}

template <core::dtype Type>
void plain_split(const std::byte* values, std::size_t count, std::uint8_t* symbols,
                 std::byte* rest) {
  plain_lossless_loops.split[static_cast<std::size_t>(Type)](values, count, symbols, rest);
}

template <core::dtype Type>
void plain_join(const std::uint8_t* symbols, const std::byte* rest, std::size_t count,
                std::byte* values) {
  plain_lossless_loops.join[static_cast<std::size_t>(Type)](symbols, rest, count, values);
}

template <bool Rotated, core::dtype Type>
void split(const std::byte* values, std::size_t count, std::uint8_t* symbols, std::byte* rest) {
  const octets o;
  const std::size_t lanes = hn::Lanes(o);
  const auto* from = octet_pointer(values);
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    const auto low = load_pairs<Rotated>(from + 2 * i);
    const auto high = load_pairs<Rotated>(from + 2 * i + lanes);
    hn::StoreU(hn::ConcatOdd(o, high, low), o, symbols + i);
    hn::StoreU(hn::ConcatEven(o, high, low), o, octet_pointer(rest) + i);
  }
  plain_split<Type>(values + 2 * i, count - i, symbols + i, rest + i);
}

template <bool Rotated, core::dtype Type>
void join(const std::uint8_t* symbols, const std::byte* rest, std::size_t count,
          std::byte* values) {
  const pairs p;
  const half_octets h;
  const std::size_t lanes = hn::Lanes(p);
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    const auto high = hn::ShiftLeft<8>(hn::PromoteTo(p, hn::LoadU(h, symbols + i)));
    auto value = hn::Or(high, hn::PromoteTo(p, hn::LoadU(h, octet_pointer(rest) + i)));
    if constexpr (Rotated) {
      value = hn::Or(hn::ShiftRight<1>(value), hn::ShiftLeft<15>(value));
    }
    hn::StoreU(hn::BitCast(octets(), value), octets(), octet_pointer(values) + 2 * i);
  }
  plain_join<Type>(symbols + i, rest + i, count - i, values + 2 * i);
}

HWY_INLINE octet_vector codes(nibble_code code, const std::uint8_t* symbols) {
  const octets o;
  const auto symbol = hn::LoadU(o, symbols);
  const auto above = hn::Sub(symbol, hn::Set(o, code.base));
  const auto known = hn::IfThenElse(hn::Lt(above, hn::Set(o, nibble_code::zero)), above,
                                    hn::Set(o, nibble_code::escape));
  return hn::IfThenElse(hn::Eq(symbol, hn::Zero(o)), hn::Set(o, nibble_code::zero), known);
}

// One byte of the two nibbles of two bytes. Bytes have no shifts; pairs have, and what crosses over
// is masked off.
HWY_INLINE octet_vector both(octet_vector low, octet_vector high) {
  return hn::Or(low, hn::BitCast(octets(), hn::ShiftLeft<4>(hn::BitCast(pairs(), high))));
}

std::uint64_t pack(nibble_code code, const std::uint8_t* symbols, std::size_t groups,
                   std::byte* nibbles) {
  constexpr std::size_t half = nibble_group / 2;
  const octets o;
  const std::size_t lanes = hn::Lanes(o);
  std::uint64_t escapes = 0;
  for (std::size_t group = 0; group < groups; ++group) {
    auto most = hn::Zero(o);
    for (std::size_t i = 0; i < half; i += lanes) {
      const auto low = codes(code, symbols + i);
      const auto high = codes(code, symbols + i + half);
      most = hn::Max(most, hn::Max(low, high));
      hn::StoreU(both(low, high), o, octet_pointer(nibbles) + i);
    }
    const bool none = hn::AllFalse(o, hn::Eq(most, hn::Set(o, nibble_code::escape)));
    escapes |= std::uint64_t{none ? 0U : 1U} << group;
    symbols += nibble_group;
    nibbles += half;
  }
  return escapes;
}

void unpack(const std::array<std::uint8_t, 16>& table, const std::byte* nibbles, std::size_t groups,
            std::uint8_t* symbols) {
  constexpr std::size_t half = nibble_group / 2;
  const octets o;
  const std::size_t lanes = hn::Lanes(o);
  const auto of = hn::LoadDup128(o, table.data());
  const auto low_bits = hn::Set(o, std::uint8_t{15});
  for (std::size_t group = 0; group < groups; ++group) {
    for (std::size_t i = 0; i < half; i += lanes) {
      const auto packed = hn::LoadU(o, octet_pointer(nibbles) + i);
      const auto high = hn::BitCast(o, hn::ShiftRight<4>(hn::BitCast(pairs(), packed)));
      hn::StoreU(hn::TableLookupBytes(of, hn::And(packed, low_bits)), o, symbols + i);
      hn::StoreU(hn::TableLookupBytes(of, hn::And(high, low_bits)), o, symbols + i + half);
    }
    symbols += nibble_group;
    nibbles += half;
  }
}

using enum core::dtype;

constexpr lossless_loops loops{
  {nullptr, plain_split<f32>, split<false, f16>, split<true, bf16>, plain_split<f8e4m3>},
  {nullptr, plain_join<f32>, join<false, f16>, join<true, bf16>, plain_join<f8e4m3>},
  pack,
  unpack};

}  // namespace
#endif
}  // namespace cellard::gpu::host::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cellard::gpu::host {

const lossless_loops* highway_lossless_loops(level wanted) noexcept {
  return CELLARD_LOOPS_OF_LEVEL(lossless_loops, loops, wanted);
}

}  // namespace cellard::gpu::host
#endif
