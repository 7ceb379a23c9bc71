// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The loops of lossless.hpp over a run of values. A value is cut into one byte that is worth
// coding, its symbol, and the rest, which looks like noise:
//   bf16    rotated left by one bit: exponent | fraction and sign (1 byte)
//   f32     the same (3 bytes)
//   f16     sign, exponent and 2 bits of fraction | 8 bits of fraction (1 byte)
//   f8e4m3  the byte | nothing
// Pointers may have any alignment; arrays do not overlap. Immutable tables, any thread.
#pragma once

#include "core/layout.hpp"
#include "gpu/host/level.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace cellard::gpu::host {

/// Codes of a symbol in 4 bits: 0 to 13 are `base` and the 13 exponents above, 14 is the exponent
/// of zero, 15 says that the symbol stands in the list of escapes.
struct nibble_code {
  static constexpr std::uint8_t zero = 14;
  static constexpr std::uint8_t escape = 15;
  std::uint8_t base = 0;

  [[nodiscard]] std::uint8_t of(std::uint8_t symbol) const noexcept {
    const auto above = static_cast<std::uint8_t>(symbol - base);
    return symbol == 0 ? zero : above < zero ? above : escape;
  }
};

/// Codes are packed by groups: byte j has code j of the group below and code j + 64 above.
inline constexpr std::size_t nibble_group = 128;

struct lossless_loops {
  using split_loop = void (*)(const std::byte* values, std::size_t count, std::uint8_t* symbols,
                              std::byte* rest);
  using join_loop = void (*)(const std::uint8_t* symbols, const std::byte* rest, std::size_t count,
                             std::byte* values);
  /// `groups` groups of codes, 64 at most; returns the groups with an escape, a bit each.
  using pack_loop = std::uint64_t (*)(nibble_code code, const std::uint8_t* symbols,
                                      std::size_t groups, std::byte* nibbles);
  /// table: the symbol of each code.
  using unpack_loop = void (*)(const std::array<std::uint8_t, 16>& table, const std::byte* nibbles,
                               std::size_t groups, std::uint8_t* symbols);

  std::array<split_loop, 5> split;  ///< by core::dtype; opaque has none
  std::array<join_loop, 5> join;
  pack_loop pack;
  unpack_loop unpack;
};

/// @pre `loops` is one of supported_levels()
[[nodiscard]] const lossless_loops& lossless_loops_of(level loops) noexcept;

/// Those that Highway makes; null for levels that it does not make.
[[nodiscard]] const lossless_loops* highway_lossless_loops(level loops) noexcept;

/// In plain C++; what a level does not do better.
extern const lossless_loops plain_lossless_loops;

}  // namespace cellard::gpu::host
