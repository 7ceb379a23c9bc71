// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Blocks that say what they are: each 4 KiB piece begins with the key's number, the version and the
// piece's own place, and the rest follows from these. So a reader sees when two blocks are mixed.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <vector>

namespace cellard::tests {

struct stamp {
  std::uint64_t key = 0;
  std::uint64_t version = 0;
  std::uint64_t piece = 0;
  std::uint64_t check = 0;

  friend bool operator==(const stamp&, const stamp&) = default;
};

inline constexpr std::size_t piece_bytes = 4096;

inline stamp stamp_of(std::uint64_t key, std::uint64_t version, std::uint64_t piece) {
  return {key, version, piece, (key * 31 + version) * 31 + piece + 0x5CEEDULL};
}

/// Fills all of `block`, the end of the last piece included.
inline void fill(std::span<std::byte> block, std::uint64_t key, std::uint64_t version) {
  for (std::size_t at = 0; at < block.size(); at += sizeof(stamp)) {
    const auto what = stamp_of(key, version, at / piece_bytes);
    std::memcpy(block.data() + at, &what, std::min(sizeof what, block.size() - at));
  }
}

inline std::vector<std::byte> payload(std::uint64_t key, std::uint64_t version, std::size_t bytes) {
  std::vector<std::byte> made(bytes);
  fill(made, key, version);
  return made;
}

/// The version of a block that is whole and this key's; nothing for any other bytes.
inline std::optional<std::uint64_t> version_in(std::span<const std::byte> block,
                                               std::uint64_t key) {
  stamp first;
  if (block.size() < sizeof first) {
    return std::nullopt;
  }
  std::memcpy(&first, block.data(), sizeof first);
  for (std::size_t at = 0; at < block.size(); at += sizeof(stamp)) {
    const auto what = stamp_of(key, first.version, at / piece_bytes);
    if (std::memcmp(block.data() + at, &what, std::min(sizeof what, block.size() - at)) != 0) {
      return std::nullopt;
    }
  }
  return first.version;
}

}  // namespace cellard::tests
