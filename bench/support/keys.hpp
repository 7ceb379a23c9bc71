// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Keys that look like hashes and are computed from a chain's number and a place in it.
#pragma once

#include "client/include/cellard/client.h"

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace cellard::bench {

inline std::uint64_t scrambled(std::uint64_t seed) {
  seed += 0x9e3779b97f4a7c15U;
  seed = (seed ^ (seed >> 30U)) * 0xbf58476d1ce4e5b9U;
  seed = (seed ^ (seed >> 27U)) * 0x94d049bb133111ebU;
  return seed ^ (seed >> 31U);
}

inline cellard_key key_of(std::uint64_t chain, std::uint64_t place) {
  cellard_key key;
  for (std::uint64_t i = 0; i < 4; ++i) {
    const auto word = scrambled(scrambled(chain * 4 + i) ^ place);
    std::memcpy(key.bytes + 8 * i, &word, sizeof word);
  }
  return key;
}

inline std::vector<cellard_key> chain_of(std::uint64_t chain, std::size_t length) {
  std::vector<cellard_key> keys;
  keys.reserve(length);
  for (std::size_t i = 0; i < length; ++i) {
    keys.push_back(key_of(chain, i));
  }
  return keys;
}

/// For memcached, whose keys are words: 43 letters that stand for the 32 bytes.
inline std::string word_of(const cellard_key& key) {
  static constexpr char letters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string word;
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const auto byte : key.bytes) {
    bits = bits << 8U | byte;
    for (held += 8; held >= 6; held -= 6) {
      word += letters[bits >> (held - 6) & 63U];
    }
  }
  word += letters[bits << (6 - held) & 63U];
  return word;
}

}  // namespace cellard::bench
