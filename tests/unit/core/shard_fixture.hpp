// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// A shard of blocks of 4 KiB with one segment, and two sessions that use it.
#pragma once

#include "core/shard.hpp"
#include "tests/support/keys.hpp"
#include "tests/support/printing.hpp"

#include <boost/test/unit_test.hpp>

#include <cstring>
#include <vector>

namespace cellard::core::testing {

using cellard::tests::key_of;
using cellard::tests::keys_from;

inline constexpr std::uint32_t block = 4096;
inline constexpr requester alice{1, 0};
inline constexpr requester bob{2, 0};
inline const time_point start{};

inline shard::options options_of(std::uint16_t parts = 1) {
  shard::options options;
  options.id = 1;
  options.shape.type = dtype::opaque;
  options.shape.max_bytes = block;
  options.shape.parts = parts;
  options.max_blocks = 100'000;
  return options;
}

struct shard_fixture {
  shard all{options_of()};

  shard_fixture() { add_segment(all, 256); }

  static void add_segment(shard& to, std::uint64_t blocks) {
    auto memory = *segment::create("test", arena::segment_bytes_for(blocks * block, block));
    BOOST_TEST_REQUIRE(to.memory().add(memory));
    to.memory().extend(*memory, memory->bytes());
  }

  /// Writes and publishes one block whose bytes all are `fill`.
  static errc store(shard& to, requester who, std::uint32_t ticket, int fill) {
    const auto job = to.begin(who.session, ticket, block);
    if (!job) {
      return job.error().code();
    }
    std::memset(job->to, fill, block);
    return to.finish(*job, static_cast<std::uint64_t>(fill), start);
  }

  /// Stores a whole chain; how many blocks are stored now.
  std::size_t put(requester who, const std::vector<block_key>& keys,
                  const block_key* parent = nullptr) {
    std::size_t stored = 0;
    for (const auto& each : all.reserve(who, 0, parent, keys, start)) {
      stored += each.status == errc::ok && store(all, who, each.ticket, 1) == errc::ok ? 1U : 0U;
    }
    return stored;
  }

  std::uint32_t found(const std::vector<block_key>& keys) { return all.lookup(0, keys).ready; }
};

}  // namespace cellard::core::testing
