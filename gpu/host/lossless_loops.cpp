// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "gpu/host/lossless_loops.hpp"

#include <bit>
#include <cstring>

namespace cellard::gpu::host {
namespace {

// `Rotated`: by one bit, so that the exponent fills the highest byte.
template <class Bits, bool Rotated>
void split(const std::byte* values, std::size_t count, std::uint8_t* symbols, std::byte* rest) {
  constexpr std::size_t rest_bytes = sizeof(Bits) - 1;
  for (std::size_t i = 0; i < count; ++i) {
    Bits bits = 0;
    std::memcpy(&bits, values + i * sizeof(Bits), sizeof(Bits));
    bits = Rotated ? std::rotl(bits, 1) : bits;
    symbols[i] = static_cast<std::uint8_t>(bits >> (8 * rest_bytes));
    if constexpr (rest_bytes > 0) {
      std::memcpy(rest + i * rest_bytes, &bits, rest_bytes);
    }
  }
}

template <class Bits, bool Rotated>
void join(const std::uint8_t* symbols, const std::byte* rest, std::size_t count,
          std::byte* values) {
  constexpr std::size_t rest_bytes = sizeof(Bits) - 1;
  for (std::size_t i = 0; i < count; ++i) {
    Bits bits = 0;
    if constexpr (rest_bytes > 0) {
      std::memcpy(&bits, rest + i * rest_bytes, rest_bytes);
    }
    bits = static_cast<Bits>(bits | static_cast<Bits>(Bits{symbols[i]} << (8 * rest_bytes)));
    bits = Rotated ? std::rotr(bits, 1) : bits;
    std::memcpy(values + i * sizeof(Bits), &bits, sizeof(Bits));
  }
}

std::uint64_t pack(nibble_code code, const std::uint8_t* symbols, std::size_t groups,
                   std::byte* nibbles) {
  constexpr std::size_t half = nibble_group / 2;
  std::uint64_t escapes = 0;
  for (std::size_t group = 0; group < groups; ++group) {
    for (std::size_t i = 0; i < half; ++i) {
      const unsigned low = code.of(symbols[i]);
      const unsigned high = code.of(symbols[i + half]);
      const bool one = low == nibble_code::escape || high == nibble_code::escape;
      escapes |= std::uint64_t{one ? 1U : 0U} << group;
      nibbles[i] = static_cast<std::byte>(low | (high << 4));
    }
    symbols += nibble_group;
    nibbles += half;
  }
  return escapes;
}

void unpack(const std::array<std::uint8_t, 16>& table, const std::byte* nibbles, std::size_t groups,
            std::uint8_t* symbols) {
  constexpr std::size_t half = nibble_group / 2;
  for (std::size_t group = 0; group < groups; ++group) {
    for (std::size_t i = 0; i < half; ++i) {
      const auto both = static_cast<unsigned>(nibbles[i]);
      symbols[i] = table[both & 15U];
      symbols[i + half] = table[both >> 4];
    }
    symbols += nibble_group;
    nibbles += half;
  }
}

}  // namespace

const lossless_loops plain_lossless_loops{
  {nullptr, split<std::uint32_t, true>, split<std::uint16_t, false>, split<std::uint16_t, true>,
   split<std::uint8_t, false>},
  {nullptr, join<std::uint32_t, true>, join<std::uint16_t, false>, join<std::uint16_t, true>,
   join<std::uint8_t, false>},
  pack,
  unpack};

#ifndef CELLARD_HIGHWAY
const lossless_loops* highway_lossless_loops(level) noexcept {
  return nullptr;
}
#endif

const lossless_loops& lossless_loops_of(level loops) noexcept {
  const lossless_loops* fast = highway_lossless_loops(loops);
  return fast == nullptr ? plain_lossless_loops : *fast;
}

}  // namespace cellard::gpu::host
