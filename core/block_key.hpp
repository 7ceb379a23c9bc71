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
#include <span>
#include <string>

namespace cellard::core {

struct block_key {
  static constexpr std::size_t size = 32;

  std::array<std::uint8_t, size> bytes{};

  friend auto operator<=>(const block_key&, const block_key&) = default;
};
static_assert(sizeof(block_key) == block_key::size && alignof(block_key) == 1);

using key_span = std::span<const block_key>;

/// The first eight bytes in hexadecimal: enough to recognise a key in a message, too little to
/// publish it.
std::string abbreviated(const block_key& key);

}  // namespace cellard::core
