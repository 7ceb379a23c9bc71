// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// More blocks than memory. What is leased or pinned stays, what is not makes room, oldest first; a
// put for which there is no room says busy; and never is a byte wrong.
#include "tests/support/keys.hpp"
#include "tests/support/store_client.hpp"
#include "tests/support/watcher.hpp"

#include <boost/test/unit_test.hpp>

namespace cellard::tests {
namespace {

constexpr std::size_t block = 64 * 1024;
constexpr std::uint64_t capacity = 16U << 20;
const daemon_options small{.config = memory_of("16 MiB")};

std::ptrdiff_t count_of(const std::vector<int>& statuses, int wanted) {
  return std::count(statuses.begin(), statuses.end(), wanted);
}

BOOST_AUTO_TEST_CASE(puts_of_six_times_the_memory_keep_the_newest_chains) {
  const daemon_process daemon(small);
  watcher eyes(daemon);
  const store_client a(daemon.socket(), "model", opaque(block));
  constexpr std::uint64_t chains = 200;
  constexpr std::size_t length = 8;
  for (std::uint64_t chain = 0; chain < chains; ++chain) {
    // An eviction that is under way may say busy; then the put is made again.
    eyes.until("a put", [&](const auto& now) {
      BOOST_TEST(now.at("used_bytes") <= capacity);
      const auto statuses = a.put(1000 * chain, length, chain, block);
      return count_of(statuses, CELLARD_OK) + count_of(statuses, CELLARD_EXISTS) == length;
    });
    BOOST_TEST(a.find(1000 * chain, length, chain) == length, "chain " << chain);
  }
  std::size_t kept = 0;
  for (std::uint64_t chain = 0; chain < chains; ++chain) {
    kept += a.find(1000 * chain, length, chain);
  }
  const auto numbers = eyes.stats();
  BOOST_TEST(numbers.at("evicted") > 0);
  BOOST_TEST(numbers.at("granted_bytes") <= capacity);
  BOOST_TEST(kept * block >= capacity / 4, kept);  // half of it may be staging's
  BOOST_TEST(a.find(1000 * (chains - 1), length, chains - 1) == length);
}

BOOST_AUTO_TEST_CASE(a_chain_that_is_used_outlives_newer_ones_that_are_not) {
  const daemon_process daemon(small);
  watcher eyes(daemon);
  const store_client a(daemon.socket(), "model", opaque(block));
  BOOST_TEST(all(a.put(1, 8, 1, block), CELLARD_OK));
  for (std::uint64_t chain = 1; chain < 100; ++chain) {
    a.put(1000 * chain, 8, chain, block);
    BOOST_TEST(a.find(1, 8, 1) == 8U, "after chain " << chain);
  }
  BOOST_TEST(eyes.stats().at("evicted") > 0);
}

BOOST_AUTO_TEST_CASE(everything_leased_is_busy_and_a_release_makes_room) {
  const daemon_process daemon(small);
  watcher eyes(daemon);
  const store_client writer(daemon.socket(), "model", opaque(block));
  raw_client reader(daemon.socket());
  const auto space = reader.open("model", block);
  std::vector<std::uint64_t> leases;
  std::uint64_t chain = 0;
  for (bool full = false; !full; ++chain) {
    BOOST_REQUIRE(chain < 2 * capacity / block);
    full = count_of(writer.put(1000 * chain, 4, chain, block), CELLARD_BUSY) > 0;
    const auto held = reader.get(space, keys_from(1000 * chain, 4));
    if (held.lease != 0) {
      leases.push_back(held.lease);
    }
  }
  const auto leased = eyes.stats();
  BOOST_TEST(leased.at("puts_busy") > 0);
  BOOST_TEST(leased.at("evicted") == 0);
  // Still busy, still answering, and what is leased is what it was.
  for (int i = 0; i < 20; ++i) {
    BOOST_TEST(count_of(writer.put(900'000, 4, 1, block), CELLARD_BUSY) > 0);
    BOOST_TEST(writer.find(0, 4, 0) == 4U);
  }
  const auto header_only = reader.send(protocol::release_request{}, leases);
  BOOST_TEST(reader.reply_to(header_only).as<protocol::count_reply>()->count == leases.size());
  static_cast<void>(writer.space.lookup(store_client::keys_of(0, 1)));  // gives back what find held
  eyes.until("a put after the release", [&](const auto&) {
    const auto statuses = writer.put(900'000, 4, 1, block);
    return count_of(statuses, CELLARD_BUSY) == 0;
  });
  BOOST_TEST(writer.find(900'000, 4, 1) == 4U);
}

BOOST_AUTO_TEST_CASE(pinned_blocks_stay_until_they_are_unpinned) {
  const daemon_process daemon(small);
  watcher eyes(daemon);
  const store_client a(daemon.socket(), "model", opaque(block));
  BOOST_TEST(all(a.put(1, 8, 1, block), CELLARD_OK));
  const auto keys = store_client::keys_of(1, 8);
  std::uint32_t pinned = 0;
  BOOST_TEST(cellard_pin(a.space.handle(), keys.data(), keys.size(), 3'600'000, &pinned)
             == CELLARD_OK);
  BOOST_TEST(pinned == 8U);
  for (std::uint64_t chain = 1; chain < 100; ++chain) {
    a.put(1000 * chain, 8, chain, block);
  }
  BOOST_TEST(a.find(1, 8, 1) == 8U);
  BOOST_TEST(cellard_unpin(a.space.handle(), keys.data(), keys.size(), &pinned) == CELLARD_OK);
  BOOST_TEST(pinned == 8U);
  std::uint64_t chain = 100;
  eyes.until("the unpinned blocks go", [&](const auto&) {
    a.put(1000 * chain++, 8, 1, block);
    return a.space.lookup(keys).ready == 0;
  });
}

BOOST_AUTO_TEST_CASE(a_namespace_that_fills_memory_gives_way_to_another_of_other_block_size) {
  const daemon_process daemon(small);
  watcher eyes(daemon);
  const store_client big(daemon.socket(), "big", opaque(16 * block));
  const store_client little(daemon.socket(), "little", opaque(block / 16));
  for (std::uint64_t number = 0; number < 60; ++number) {
    big.put(1000 * number, 1, number, 16 * block);
  }
  std::uint64_t first = 0;
  eyes.until("room for the other", [&](const auto&) {
    return all(little.put(first += 1000, 200, 1, block / 16), CELLARD_OK);
  });
  BOOST_TEST(little.find(first, 200, 1) == 200U);
  std::uint64_t number = 100;
  eyes.until("and back", [&](const auto& now) {
    BOOST_TEST(now.at("granted_bytes") <= capacity);
    ++number;
    return all(big.put(1000 * number, 1, number, 16 * block), CELLARD_OK);
  });
  BOOST_TEST(big.find(1000 * number, 1, number) == 1U);
}

BOOST_AUTO_TEST_CASE(a_quota_bounds_one_namespace_and_keeps_the_others_share) {
  const daemon_process daemon({.config = memory_of("32 MiB")
                                         + "[[quota]]\nnamespace = \"greedy\"\n"
                                           "maximum = \"8 MiB\"\n"
                                           "[[quota]]\nnamespace = \"safe\"\n"
                                           "guaranteed = \"8 MiB\"\n"});
  watcher eyes(daemon);
  const store_client greedy(daemon.socket(), "greedy", opaque(block));
  const store_client safe(daemon.socket(), "safe", opaque(block));
  const store_client third(daemon.socket(), "third", opaque(block));
  BOOST_TEST(all(safe.put(1, 16, 1, block), CELLARD_OK));
  for (std::uint64_t chain = 1; chain < 60; ++chain) {
    greedy.put(1000 * chain, 8, chain, block);
    third.put(1000 * chain, 16, chain, block);
  }
  const auto seen = eyes.stats();
  for (const auto& each : seen.at("per_namespace")) {
    if (each.at("name") == "greedy") {
      BOOST_TEST(each.at("used_bytes") <= 8U << 20);
      BOOST_TEST(each.at("evicted") > 0);
    }
  }
  BOOST_TEST(safe.find(1, 16, 1) == 16U);
}

}  // namespace
}  // namespace cellard::tests
