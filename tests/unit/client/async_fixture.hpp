// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// What the tests of the asynchronous form share: a queue over the usual cache, submissions by
// number, and waiting for the descriptor as an event loop does.
#pragma once

#include "tests/unit/client/client_fixture.hpp"

#include <poll.h>

#include <map>

namespace cellard::testing {

struct close_async {
  void operator()(cellard_async* async) const { cellard_async_close(async); }
};
using async_handle = std::unique_ptr<cellard_async, close_async>;

/// True when the descriptor is readable within this time.
inline bool readable(const cellard_async* async, int milliseconds) {
  pollfd entry{cellard_async_fd(async), POLLIN, 0};
  return ::poll(&entry, 1, milliseconds) == 1;
}

struct async_cache : cache {
  explicit async_cache(const fake_settings& settings = {}, std::uint32_t deadline_ms = 20000,
                       const cellard_layout& layout = small_layout(), std::uint32_t depth = 0)
    : cache(settings, deadline_ms, layout) {
    cellard_async_options options CELLARD_ASYNC_OPTIONS_INIT;
    options.depth = depth;
    cellard_async* made = nullptr;
    BOOST_TEST_REQUIRE(cellard_async_open(client.get(), &options, &made) == CELLARD_OK);
    async.reset(made);
  }

  [[nodiscard]] cellard_submission about(std::uint32_t op, std::uint64_t tag) const {
    cellard_submission wanted CELLARD_SUBMISSION_INIT;
    wanted.op = op;
    wanted.tag = tag;
    wanted.space = space.get();
    return wanted;
  }

  /// Keys 0 to count - 1.
  int submit(std::uint32_t op, std::uint64_t tag, std::uint32_t count,
             std::uint32_t deadline_ms = 0) {
    const auto keys = chain(count);
    auto wanted = about(op, tag);
    wanted.keys = keys.data();
    wanted.count = count;
    wanted.deadline_ms = deadline_ms;
    wanted.for_ms = 1000;
    return cellard_async_submit(async.get(), &wanted);
  }

  /// Puts blocks 0 to count - 1; what they are made of is kept.
  int submit_put(std::uint64_t tag, std::uint32_t count, std::size_t size = block_bytes,
                 std::uint32_t deadline_ms = 0) {
    auto& each = puts[tag];
    const auto keys = chain(count);
    for (std::uint32_t i = 0; i < count; ++i) {
      each.bytes.push_back(block_of(i, size));
      each.buffers.push_back({each.bytes.back().data(), size});
    }
    each.statuses.assign(count, -1);
    auto wanted = about(CELLARD_OP_PUT, tag);
    wanted.keys = keys.data();
    wanted.count = count;
    wanted.buffers = each.buffers.data();
    wanted.buffers_per_block = 1;
    wanted.statuses = each.statuses.data();
    wanted.deadline_ms = deadline_ms;
    return cellard_async_submit(async.get(), &wanted);
  }

  /// Waits until `wanted` completions came, by tag; the blocks in them are freed with this object.
  void reap(std::size_t wanted) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (wanted > 0) {
      BOOST_TEST_REQUIRE((std::chrono::steady_clock::now() < end), "the completions never came");
      BOOST_TEST_REQUIRE(readable(async.get(), 20000));
      cellard_completion got[8];
      std::size_t count = 0;
      BOOST_TEST_REQUIRE(cellard_async_poll(async.get(), got, 8, &count) == CELLARD_OK);
      for (std::size_t i = 0; i < count; ++i) {
        order.push_back(got[i].tag);
        messages[got[i].tag] = got[i].message;
        completions[got[i].tag] = got[i];
        found[got[i].tag].reset(got[i].blocks);
      }
      wanted -= std::min(wanted, count);
    }
  }

  int status_of(std::uint64_t tag) {
    BOOST_TEST_REQUIRE(completions.count(tag) == 1U);
    return completions[tag].status;
  }

  struct put_memory {
    std::vector<std::vector<std::byte>> bytes;
    std::vector<cellard_const_buffer> buffers;
    std::vector<int> statuses;
  };

  std::map<std::uint64_t, put_memory> puts;
  std::map<std::uint64_t, cellard_completion> completions;
  std::map<std::uint64_t, std::string> messages;
  std::map<std::uint64_t, blocks_handle> found;
  std::vector<std::uint64_t> order;
  async_handle async;
};

}  // namespace cellard::testing
