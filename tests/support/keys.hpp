// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Keys for tests, from a number.
#pragma once

#include "core/block_key.hpp"

#include <cstring>
#include <vector>

namespace cellard::tests {

inline core::block_key key_of(std::uint64_t number) {
  core::block_key key;
  std::memcpy(key.bytes.data(), &number, sizeof number);
  key.bytes[31] = 0xC5;
  return key;
}

/// `count` keys from `first` on.
inline std::vector<core::block_key> keys_from(std::uint64_t first, std::size_t count) {
  std::vector<core::block_key> keys;
  for (std::size_t i = 0; i < count; ++i) {
    keys.push_back(key_of(first + i));
  }
  return keys;
}

}  // namespace cellard::tests
