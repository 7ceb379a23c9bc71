// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The name of one block: 32 opaque bytes that the engine chose, usually the hash of the chain of
// tokens up to and including this block. A plain value with alignment 1, so that an array of keys
// can be read where it lies in a frame.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>

namespace cellard::core {

struct block_key {
  static constexpr std::size_t size = 32;

  std::array<std::uint8_t, size> bytes{};

  friend auto operator<=>(const block_key&, const block_key&) = default;

  /// By words, in line: a chain of 512 keys is compared key by key, and a call each costs as much
  /// as the comparison.
  friend bool operator==(const block_key& a, const block_key& b) noexcept {
    std::array<std::uint64_t, size / 8> x{};
    std::array<std::uint64_t, size / 8> y{};
    std::memcpy(x.data(), a.bytes.data(), size);
    std::memcpy(y.data(), b.bytes.data(), size);
    return ((x[0] ^ y[0]) | (x[1] ^ y[1]) | (x[2] ^ y[2]) | (x[3] ^ y[3])) == 0;
  }
};
static_assert(sizeof(block_key) == block_key::size && alignof(block_key) == 1);

using key_span = std::span<const block_key>;

/// Tells blocks apart where a whole key is too much: the key's first bytes and the salt's number.
/// The same key under two salts is two blocks.
inline std::uint64_t fingerprint_of(std::uint16_t salt, const block_key& key) noexcept {
  std::uint64_t first = 0;
  std::memcpy(&first, key.bytes.data(), sizeof first);
  return first ^ (salt * 0x9e3779b97f4a7c15U);
}

/// The first eight bytes in hexadecimal: enough to recognise a key in a message, too little to
/// publish it.
std::string abbreviated(const block_key& key);

}  // namespace cellard::core
