// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Planes of packed codes (gpu/host/packed_codes.hpp), a vector at a time. For files that Highway
// compiles once for each instruction set: include it after highway.h, use it between
// HWY_BEFORE_NAMESPACE and HWY_AFTER_NAMESPACE. Scalar targets have none of it.
#include "gpu/host/packed_codes.hpp"

#include <hwy/highway.h>

// Highway's own guard: true once for each instruction set.
#if defined(CELLARD_GPU_HOST_CODE_PLANES_INL) == defined(HWY_TARGET_TOGGLE)
#  ifdef CELLARD_GPU_HOST_CODE_PLANES_INL
#    undef CELLARD_GPU_HOST_CODE_PLANES_INL
#  else
#    define CELLARD_GPU_HOST_CODE_PLANES_INL
#  endif

HWY_BEFORE_NAMESPACE();
namespace cellard::gpu::host::HWY_NAMESPACE {
#  if HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
namespace {

namespace hn = hwy::HWY_NAMESPACE;

/// Vectors of `Tag` from byte `j` on, as long as all fields have that many codes; where it stopped.
template <class Plane, class Tag>
HWY_INLINE std::size_t pack_vectors(Plane plane, Tag tag, const std::int8_t* codes,
                                    std::size_t count, std::size_t j, std::byte* to) {
  const std::size_t stride = plane.bytes(count);
  const auto* from = reinterpret_cast<const std::uint8_t*>(codes);
  const auto mask = hn::Set(tag, static_cast<std::uint8_t>(plane.mask));
  const auto field = [&](std::size_t number, std::size_t at) {
    return hn::And(hn::ShiftRight<plane.shift>(hn::LoadU(tag, from + number * stride + at)), mask);
  };
  for (; j + hn::Lanes(tag) + (plane.fields - 1) * stride <= count; j += hn::Lanes(tag)) {
    auto byte = hn::Or(field(0, j), hn::ShiftLeft<plane.width>(field(1, j)));
    if constexpr (plane.fields >= 4) {
      byte = hn::Or(byte, hn::Or(hn::ShiftLeft<2 * plane.width>(field(2, j)),
                                 hn::ShiftLeft<3 * plane.width>(field(3, j))));
    }
    if constexpr (plane.fields == 8) {
      byte = hn::Or(byte, hn::Or(hn::ShiftLeft<4>(field(4, j)), hn::ShiftLeft<5>(field(5, j))));
      byte = hn::Or(byte, hn::Or(hn::ShiftLeft<6>(field(6, j)), hn::ShiftLeft<7>(field(7, j))));
    }
    hn::StoreU(byte, tag, reinterpret_cast<std::uint8_t*>(to) + j);
  }
  return j;
}

template <class Plane, class Tag>
HWY_INLINE std::size_t unpack_vectors(Plane plane, Tag tag, const std::byte* from,
                                      std::size_t count, std::size_t j, std::int8_t* codes) {
  const std::size_t stride = plane.bytes(count);
  const auto mask = hn::Set(tag, static_cast<std::uint8_t>(plane.mask));
  for (; j + hn::Lanes(tag) + (plane.fields - 1) * stride <= count; j += hn::Lanes(tag)) {
    auto* to = reinterpret_cast<std::uint8_t*>(codes) + j;
    const auto byte = hn::LoadU(tag, reinterpret_cast<const std::uint8_t*>(from) + j);
    const auto put = [&](std::size_t number, hn::Vec<Tag> shifted) {
      auto bits = hn::ShiftLeft<plane.shift>(hn::And(shifted, mask));
      if constexpr (plane.shift != 0) {
        bits = hn::Or(bits, hn::LoadU(tag, to + number * stride));
      }
      hn::StoreU(bits, tag, to + number * stride);
    };
    put(0, byte);
    put(1, hn::ShiftRight<plane.width>(byte));
    if constexpr (plane.fields >= 4) {
      put(2, hn::ShiftRight<2 * plane.width>(byte));
      put(3, hn::ShiftRight<3 * plane.width>(byte));
    }
    if constexpr (plane.fields == 8) {
      put(4, hn::ShiftRight<4>(byte));
      put(5, hn::ShiftRight<5>(byte));
      put(6, hn::ShiftRight<6>(byte));
      put(7, hn::ShiftRight<7>(byte));
    }
  }
  return j;
}

// Whole vectors first; 16 bytes at a time for models with few heads; then what is left.
constexpr hn::ScalableTag<std::uint8_t> widest{};
constexpr hn::CappedTag<std::uint8_t, 16> sixteen{};

template <std::size_t Bits>
void pack(const std::int8_t* codes, std::size_t count, std::byte* to) {
  for_each_plane<Bits>(count, [&](auto plane, std::size_t offset) {
    std::size_t j = pack_vectors(plane, widest, codes, count, 0, to + offset);
    j = pack_vectors(plane, sixteen, codes, count, j, to + offset);
    for (; j < plane.bytes(count); ++j) {
      to[offset + j] = plane.gathered(codes, count, j);
    }
  });
}

template <std::size_t Bits>
void unpack(const std::byte* from, std::size_t count, std::int8_t* codes) {
  for_each_plane<Bits>(count, [&](auto plane, std::size_t offset) {
    std::size_t j = unpack_vectors(plane, widest, from + offset, count, 0, codes);
    j = unpack_vectors(plane, sixteen, from + offset, count, j, codes);
    for (; j < plane.bytes(count); ++j) {
      plane.scatter(from[offset + j], codes, count, j);
    }
  });
}

}  // namespace
#  endif
}  // namespace cellard::gpu::host::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
