// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// A profile, byte by byte (docs/codec-format.md is the contract): header, then one section a
// segment in the container's order (K of layer 0, V of layer 0, K of layer 1, ...). A section is
//   float  means[channels]
//   float  scales[channels]
//   int8   spreads[groups][size]          falling within a group; zeros up to eight bytes
//   int16  basis[groups][size / 2 rounded up][size][2]; zeros up to eight bytes
// Components lie in pairs, two numbers of a channel side by side: what one instruction multiplies
// and adds. An odd one has zeros beside it.
// Offsets are not stored: the shape says them all.
#pragma once

#include "core/layout.hpp"
#include "gpu/container_format.hpp"
#include "gpu/segment.hpp"

#include <cstddef>
#include <cstdint>

namespace cellard::gpu {

/// Which channels share a basis: those of one head, or all of a layer.
enum class profile_scope : std::uint8_t { head = 0, layer = 1 };

struct profile_header {
  std::uint32_t magic;
  std::uint16_t version;
  std::uint8_t type;   ///< core::dtype
  std::uint8_t scope;  ///< profile_scope
  std::uint8_t flags;
  std::uint8_t planes;  ///< 0 = the basis is int16; kept for a basis in int8 planes
  std::uint16_t reserved;
  std::uint32_t layers;
  std::uint32_t heads;
  std::uint32_t key_dim;
  std::uint32_t value_dim;
  std::uint32_t reserved_too;
  std::uint64_t tokens;  ///< that were looked at
};
static_assert(sizeof(profile_header) == 40);

inline constexpr std::uint32_t profile_magic = 0x504b4c43;  // "CLKP"
inline constexpr std::uint16_t profile_version = 1;
inline constexpr std::uint8_t profile_rotated = 1;  ///< keys were rotated back

/// A layer scope of 4,096 channels in 8 layers; more is no way to spend memory.
inline constexpr std::uint64_t max_profile_bytes = std::uint64_t{1} << 30;

/// Components in 2^-12: a row has the length 4,096.
inline constexpr unsigned basis_bits = 12;

/// Where component `i` has its number for `channel` in the basis of a group.
constexpr std::size_t basis_index(std::size_t size, std::size_t i, std::size_t channel) noexcept {
  return (i / 2 * size + channel) * 2 + i % 2;
}

/// What a profile is of. Sizes follow from it.
struct profile_shape {
  core::dtype type = core::dtype::f16;
  profile_scope scope = profile_scope::head;
  bool rotated_back = false;
  std::uint32_t layers = 0;
  std::uint32_t heads = 0;
  std::uint32_t key_dim = 0;
  std::uint32_t value_dim = 0;  ///< 0 = no V

  [[nodiscard]] std::uint32_t sides() const noexcept { return value_dim == 0 ? 1 : 2; }
  [[nodiscard]] std::size_t channels(side which) const noexcept {
    return std::size_t{heads} * (which == side::keys ? key_dim : value_dim);
  }
  [[nodiscard]] std::size_t groups() const noexcept {
    return scope == profile_scope::head ? heads : 1;
  }
  /// Channels, and components, of a group.
  [[nodiscard]] std::size_t size(side which) const noexcept { return channels(which) / groups(); }

  /// Numbers of the basis of a group.
  [[nodiscard]] std::size_t basis_size(side which) const noexcept {
    return 2 * ((size(which) + 1) / 2) * size(which);
  }

  /// Where the parts of a section begin, from its own begin.
  [[nodiscard]] std::size_t spreads_offset(side which) const noexcept {
    return 2 * sizeof(float) * channels(which);
  }
  [[nodiscard]] std::size_t basis_offset(side which) const noexcept {
    return spreads_offset(which) + aligned(channels(which));
  }
  [[nodiscard]] std::size_t section_bytes(side which) const noexcept {
    return basis_offset(which) + aligned(sizeof(std::int16_t) * groups() * basis_size(which));
  }
  [[nodiscard]] std::size_t section_offset(std::uint32_t layer, side which) const noexcept {
    const std::size_t keys = section_bytes(side::keys);
    const std::size_t both = keys + (sides() == 2 ? section_bytes(side::values) : 0);
    return sizeof(profile_header) + layer * both + (which == side::values ? keys : 0);
  }
  [[nodiscard]] std::size_t bytes() const noexcept { return section_offset(layers, side::keys); }

  /// Nothing to keep, or more than max_profile_bytes: errc::invalid_argument. Sizes are only to be
  /// asked of a shape that passed.
  [[nodiscard]] core::result<core::ok_t> check() const;

  friend bool operator==(const profile_shape&, const profile_shape&) = default;
};

}  // namespace cellard::gpu
