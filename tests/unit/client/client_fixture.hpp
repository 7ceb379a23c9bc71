// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// What the tests of the client share: a fake daemon with a client and an open namespace, keys and
// blocks by number, and counts of what must not leak.
#pragma once

#include "tests/support/fake_daemon.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "cellard/client.h"
#include <dirent.h>

namespace cellard::testing {

inline constexpr std::size_t block_bytes = 4096;

inline cellard_key key_of(std::uint32_t number) {
  cellard_key key{};
  std::memcpy(key.bytes, &number, sizeof number);
  key.bytes[31] = 1;
  return key;
}

inline core::block_key core_key(std::uint32_t number) {
  const auto key = key_of(number);
  core::block_key same;
  std::memcpy(same.bytes.data(), key.bytes, sizeof key.bytes);
  return same;
}

inline std::vector<cellard_key> chain(std::uint32_t count, std::uint32_t first = 0) {
  std::vector<cellard_key> keys;
  for (std::uint32_t i = 0; i < count; ++i) {
    keys.push_back(key_of(first + i));
  }
  return keys;
}

/// The bytes of a block tell its number.
inline std::vector<std::byte> block_of(std::uint32_t number, std::size_t size = block_bytes) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i) {
    bytes[i] = static_cast<std::byte>(number * 31 + i * 7 + (i >> 8));
  }
  return bytes;
}

inline cellard_layout small_layout() {
  cellard_layout layout CELLARD_LAYOUT_INIT;
  layout.dtype = CELLARD_F32;
  layout.layers = 2;
  layout.kv_heads = 2;
  layout.head_dim = 8;
  layout.v_head_dim = 8;
  layout.block_tokens = 16;
  return layout;
}

inline cellard_layout opaque_layout(std::uint64_t max_bytes) {
  cellard_layout layout CELLARD_LAYOUT_INIT;
  layout.dtype = CELLARD_OPAQUE;
  layout.max_bytes = max_bytes;
  return layout;
}

/// Descriptors of this process.
inline std::size_t open_descriptors() {
  std::size_t count = 0;
  DIR* folder = ::opendir("/proc/self/fd");
  while (::readdir(folder) != nullptr) {
    ++count;
  }
  ::closedir(folder);
  return count;
}

struct close_client {
  void operator()(cellard_client* client) const { cellard_close(client); }
};
struct close_space {
  void operator()(cellard_space* space) const { cellard_space_close(space); }
};
struct free_blocks {
  void operator()(cellard_blocks* blocks) const { cellard_blocks_free(blocks); }
};
struct free_stage {
  void operator()(cellard_stage* stage) const { cellard_stage_free(stage); }
};
using client_handle = std::unique_ptr<cellard_client, close_client>;
using space_handle = std::unique_ptr<cellard_space, close_space>;
using blocks_handle = std::unique_ptr<cellard_blocks, free_blocks>;
using stage_handle = std::unique_ptr<cellard_stage, free_stage>;

inline cellard_options options_for(const std::string& path, std::uint32_t deadline_ms = 20000) {
  cellard_options options CELLARD_OPTIONS_INIT;
  options.socket = path.c_str();
  options.client_name = "test";
  options.deadline_ms = deadline_ms;
  return options;
}

/// A daemon, a client, a namespace. The deadline is long, so that no busy machine makes a test
/// fail; tests of timeouts give a short one.
struct cache {
  explicit cache(const fake_settings& settings = {}, std::uint32_t deadline_ms = 20000,
                 const cellard_layout& layout = small_layout())
    : daemon(settings) {
    cellard_client* made = nullptr;
    const auto options = options_for(daemon.path(), deadline_ms);
    BOOST_TEST_REQUIRE(cellard_connect(&options, &made) == CELLARD_OK, cellard_last_error());
    client.reset(made);
    cellard_space* opened = nullptr;
    BOOST_TEST_REQUIRE(cellard_open(made, "test", &layout, nullptr, 0, &opened) == CELLARD_OK,
                       cellard_last_error());
    space.reset(opened);
  }

  /// Puts blocks into the daemon without the client.
  void fill(std::uint32_t count, std::size_t size = block_bytes) {
    daemon.with_store([&](fake_store& store) {
      for (std::uint32_t i = 0; i < count; ++i) {
        store.put(core_key(i), block_of(i, size));
      }
    });
  }

  blocks_handle get(std::uint32_t count) {
    const auto keys = chain(count);
    cellard_blocks* found = nullptr;
    status = cellard_get(space.get(), keys.data(), keys.size(), &found);
    return blocks_handle{found};
  }

  std::uint32_t lookup(std::uint32_t count) {
    const auto keys = chain(count);
    cellard_match match CELLARD_MATCH_INIT;
    status = cellard_lookup(space.get(), keys.data(), keys.size(), &match);
    return match.matched;
  }

  /// Puts blocks first, first + 1, ... and returns how many are there then.
  std::size_t put(std::uint32_t count, std::size_t size = block_bytes, std::uint32_t first = 0) {
    const auto keys = chain(count, first);
    std::vector<std::vector<std::byte>> bytes;
    std::vector<cellard_const_buffer> buffers;
    for (std::uint32_t i = 0; i < count; ++i) {
      bytes.push_back(block_of(first + i, size));
      buffers.push_back({bytes.back().data(), size});
    }
    const auto parent = key_of(first - 1);
    statuses.assign(count, -1);
    std::size_t stored = 0;
    status = cellard_put(space.get(), first == 0 ? nullptr : &parent, keys.data(), count,
                         buffers.data(), 1, statuses.data(), &stored);
    return stored;
  }

  /// Calls until the pause before the next connection is over.
  void reconnect() {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    do {
      lookup(1);
    } while (status != CELLARD_OK && std::chrono::steady_clock::now() < end);
    BOOST_TEST_REQUIRE(status == CELLARD_OK);
  }

  fake_daemon daemon;
  client_handle client;
  space_handle space;
  int status = CELLARD_OK;
  std::vector<int> statuses;
};

inline bool same_bytes(const cellard_blocks* blocks, std::size_t index,
                       const std::vector<std::byte>& expected) {
  cellard_view view{};
  return cellard_blocks_view(blocks, index, &view) == CELLARD_OK && view.length == expected.size()
         && std::memcmp(view.data, expected.data(), expected.size()) == 0;
}

}  // namespace cellard::testing
