// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The client library as tests use it: opaque blocks from numbers.
#pragma once

#include "client/include/cellard/client.hpp"
#include "tests/support/keys.hpp"
#include "tests/support/payload.hpp"

#include <algorithm>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace cellard::tests {

inline cellard_options options_for(const std::string& socket) {
  cellard_options options CELLARD_OPTIONS_INIT;
  options.socket = socket.c_str();
  options.deadline_ms = 30'000;  // a loaded machine with sanitizers is no reason to fail
  return options;
}

inline cellard_layout opaque(std::uint64_t max_bytes) {
  cellard_layout layout CELLARD_LAYOUT_INIT;
  layout.dtype = CELLARD_OPAQUE;
  layout.max_bytes = max_bytes;
  return layout;
}

/// One connection with one namespace open.
struct store_client {
  store_client(const std::string& socket, const std::string& name, const cellard_layout& layout,
               const std::string& salt = {})
    : connection(options_for(socket)),
      space(connection.open(name, layout, std::as_bytes(std::span{salt}))) {}

  /// Puts the chain of these keys; block i is that of number first + i in this version.
  std::vector<int> put(std::uint64_t first, std::size_t count, std::uint64_t version,
                       std::size_t bytes) const {
    const auto keys = keys_of(first, count);
    std::vector<std::vector<std::byte>> blocks;
    std::vector<cellard_const_buffer> buffers;
    for (std::size_t i = 0; i < count; ++i) {
      blocks.push_back(payload(first + i, version, bytes));
      buffers.push_back({blocks.back().data(), bytes});
    }
    std::vector<int> statuses(count);
    check(cellard_put(space.handle(), nullptr, keys.data(), count, buffers.data(), 1,
                      statuses.data(), nullptr));
    return statuses;
  }

  /// How many leading blocks of the chain come whole in this version. Wrong bytes throw.
  std::size_t find(std::uint64_t first, std::size_t count, std::uint64_t version) const {
    const auto got = space.get(keys_of(first, count));
    std::size_t whole = 0;
    while (whole < got.size() && version_in(got[whole], first + whole) == version) {
      ++whole;
    }
    if (whole < got.size() && got.intact()) {
      throw std::runtime_error("block " + std::to_string(first + whole) + " has wrong bytes");
    }
    return whole;
  }

  static std::vector<key> keys_of(std::uint64_t first, std::size_t count) {
    std::vector<key> keys(count);
    for (std::size_t i = 0; i < count; ++i) {
      std::memcpy(keys[i].bytes, key_of(first + i).bytes.data(), CELLARD_KEY_BYTES);
    }
    return keys;
  }

  client connection;
  cellard::space space;
};

inline bool all(const std::vector<int>& statuses, int wanted) {
  return std::all_of(statuses.begin(), statuses.end(), [&](int each) { return each == wanted; });
}

}  // namespace cellard::tests
