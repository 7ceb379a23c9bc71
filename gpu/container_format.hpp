// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// An encoded block, byte by byte (docs/codec-format.md is the contract): header, one entry a
// segment (K of layer 0, V of layer 0, K of layer 1, ...), payloads in the same order, each
// beginning at the next multiple of eight bytes. Offsets are not stored: they are the sums of the
// lengths.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace cellard::gpu {

static_assert(std::endian::native == std::endian::little, "encoded blocks are little endian");

struct container_header {
  std::uint32_t magic;
  std::uint16_t version;
  std::uint8_t type;  ///< core::dtype
  std::uint8_t flags;
  std::uint32_t layers;
  std::uint32_t tokens;
  std::uint32_t heads;
  std::uint32_t key_dim;
  std::uint32_t value_dim;
  std::uint16_t first_raw;  ///< tokens at the begin of every segment that are kept raw
  std::uint16_t last_raw;   ///< and at its end
  std::uint64_t first_position;
  std::array<std::uint8_t, 16> profile;  ///< zeros = none was used
  std::uint64_t reserved;                ///< zero
};
static_assert(sizeof(container_header) == 64);

struct container_entry {
  std::uint32_t bytes;     ///< of the payload, padding not counted
  std::uint16_t format;    ///< gpu::format
  std::uint16_t error;     ///< relative Frobenius error as f16, rounded up; 0 = exact
  std::uint16_t largest;   ///< largest error over the largest value as f16, rounded up
  std::uint16_t reserved;  ///< zero
  std::uint32_t check;     ///< lower half of XXH3-64 of the decoded segment
};
static_assert(sizeof(container_entry) == 16);

inline constexpr std::uint32_t container_magic = 0x564b4c43;  // "CLKV"
inline constexpr std::uint16_t container_version = 1;
inline constexpr std::uint8_t container_rotated = 1;  ///< K was un-rotated by the layout's rope

inline constexpr std::uint8_t container_checked = 2;  ///< errors and checks are filled in

/// Lengths are 32 bits, and an encoded segment may be somewhat longer than a raw one until it is
/// found to be.
inline constexpr std::size_t max_segment_bytes = std::size_t{1} << 30;

inline constexpr std::size_t container_alignment = 8;

constexpr std::size_t aligned(std::size_t bytes) noexcept {
  return (bytes + container_alignment - 1) / container_alignment * container_alignment;
}

}  // namespace cellard::gpu
