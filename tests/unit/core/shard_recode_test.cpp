// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Recoding: the block moves to a smaller slot, readers of the old one are left in peace, and
// whoever was overtaken loses without a trace.
#include "core/eviction_order.hpp"
#include "tests/unit/core/shard_fixture.hpp"

#include <algorithm>
#include <random>

namespace cellard::core::testing {
namespace {

constexpr std::uint32_t big = 4 * block;  // four granules, so that there is something to win
constexpr encoding halved{1, 2 * block, 7};

struct recode_fixture {
  shard all{[] {
    auto options = options_of();
    options.shape.max_bytes = big;
    return options;
  }()};
  std::vector<block_name> names;

  recode_fixture() { shard_fixture::add_segment(all, 64); }

  errc store(std::uint32_t ticket, int fill) {
    const auto job = all.begin(alice.session, ticket, big);
    if (!job) {
      return job.error().code();
    }
    std::memset(job->to, fill, big);
    return all.finish(*job, 1, start);
  }

  void put(const std::vector<block_key>& keys) {
    for (const auto& each : all.reserve(alice, 0, nullptr, keys, start)) {
      BOOST_TEST_REQUIRE((store(each.ticket, 1) == errc::ok));
    }
    for (const auto& each : all.take_events(start).inserted) {
      names.push_back(each.block);
    }
  }

  /// Encodes as a worker would: half of the bytes, all of them `fill`.
  errc recode(const block_name& name, int fill) {
    const auto job = all.begin_recode(name, 0);
    if (!job) {
      return job.error().code();
    }
    const auto to = all.place_recoded(*job, halved);
    if (!to) {
      all.cancel_recode(*job);
      return to.error().code();
    }
    std::memset(to->to, fill, to->length);
    return all.finish_recode(*job, *to, 2);
  }

  place only_place(const block_key& key) { return *all.find(bob, 0, key); }
};

BOOST_FIXTURE_TEST_SUITE(shard_recoding, recode_fixture)

BOOST_AUTO_TEST_CASE(who_asks_for_errors_is_told_those_of_encoded_blocks) {
  const std::vector keys{key_of(1), key_of(2), key_of(3)};
  put(keys);
  BOOST_TEST((recode(names[1], 5) == errc::ok));
  auto curious = bob;
  curious.wants_errors = true;
  BOOST_TEST((all.get(curious, 0, keys)->errors == std::vector<std::uint32_t>{0, 7, 0}));
  BOOST_TEST(all.get(bob, 0, keys)->errors.empty());
}

BOOST_AUTO_TEST_CASE(a_block_is_found_encoded_and_its_memory_is_won) {
  put({key_of(1)});
  const auto before = all.memory().used_bytes();
  BOOST_TEST((recode(names[0], 5) == errc::ok));
  const auto where = only_place(key_of(1));
  BOOST_TEST(where.codec == 1);
  BOOST_TEST(where.length == 2 * block);
  BOOST_TEST(where.checksum == 2U);
  BOOST_TEST(all.memory().used_bytes() == before - 2 * block);
  BOOST_TEST(all.counters().payload_bytes.get() == 2 * block);
  BOOST_TEST(all.counters().recoded.get() == 1U);
  BOOST_TEST(all.counters().recoded_bytes_won.get() == 2 * block);
  BOOST_TEST(all.leases() == 0U);
  BOOST_TEST((recode(names[0], 6) == errc::exists));
}

BOOST_AUTO_TEST_CASE(the_strategy_hears_the_new_size) {
  eviction_order order("lru");
  const auto tickets = all.reserve(alice, 0, nullptr, keys_from(0, 2), start);
  store(tickets[0].ticket, 1);
  store(tickets[1].ticket, 1);
  auto events = all.take_events(start);
  names = {events.inserted[0].block, events.inserted[1].block};
  order.record(events);
  recode(names[1], 5);
  order.record(all.take_events(start));
  // Half a block is not enough for three quarters of one: the second victim is named too.
  std::vector<block_name> victims;
  order.choose(1, 3 * block, victims);
  BOOST_TEST(victims.size() == 2U);
}

BOOST_AUTO_TEST_CASE(an_encoded_block_is_encoded_again_where_that_is_wanted) {
  put({key_of(1)});
  BOOST_TEST((recode(names[0], 5) == errc::ok));
  const auto job = all.begin_recode(names[0], 0, shard::recodes::all);
  BOOST_TEST_REQUIRE(job.has_value());
  BOOST_TEST(job->codec == 1);
  BOOST_TEST((job->bytes.size() == 2 * block && job->bytes.front() == std::byte{5}));
  const auto to = all.place_recoded(*job, {1, block, 0});
  BOOST_TEST_REQUIRE(to.has_value());
  BOOST_TEST((all.finish_recode(*job, *to, 3) == errc::ok));
  BOOST_TEST(only_place(key_of(1)).length == block);
  BOOST_TEST(all.memory().used_bytes() == block);
}

BOOST_AUTO_TEST_CASE(the_strategy_hears_the_size_of_a_block_that_was_not_recoded) {
  put({key_of(1)});
  const auto job = all.begin_recode(names[0], 0);
  all.cancel_recode(*job);
  const auto events = all.take_events(start);
  BOOST_TEST_REQUIRE(events.resized.size() == 1U);
  BOOST_TEST(events.resized[0].bytes == big + sizeof(slot_header));
  all.remove(0, std::vector{key_of(1)});
  all.tell_size(names[0]);
  BOOST_TEST(all.take_events(start).resized.empty());
}

BOOST_AUTO_TEST_CASE(readers_of_the_old_bytes_keep_them) {
  put({key_of(1)});
  const auto lease = all.get(bob, 0, std::vector{key_of(1)});
  const place& old = lease->places[0];
  const auto memory = all.memory().find_segment(old.segment);
  const auto* bytes = memory->data().data() + old.offset;
  const auto& head = *reinterpret_cast<const slot_header*>(
    memory->data().data() + segment_table_offset + old.slot * sizeof(slot_header));
  BOOST_TEST((recode(names[0], 5) == errc::ok));
  BOOST_TEST(head.generation.load() == old.generation);
  BOOST_TEST((head.state.load() == slot_state::committed));
  BOOST_TEST((bytes[0] == std::byte{1} && bytes[big - 1] == std::byte{1}));
  BOOST_TEST(all.deferred() == 1U);
  BOOST_TEST(all.deferred_bytes() == big);
  all.release(bob.session, {lease->lease});
  BOOST_TEST(all.deferred() == 0U);
  BOOST_TEST(all.deferred_bytes() == 0U);
  BOOST_TEST(head.generation.load() != old.generation);
}

BOOST_AUTO_TEST_CASE(a_block_that_is_encoded_is_not_evicted_and_its_bytes_stay_when_it_is_removed) {
  put({key_of(1)});
  const auto job = all.begin_recode(names[0], 0);
  BOOST_TEST_REQUIRE(job.has_value());
  std::uint64_t freed = 0;
  BOOST_TEST(all.evict({names[0]}, freed).size() == 1U);
  all.remove(0, std::vector{key_of(1)});
  BOOST_TEST(all.deferred() == 1U);
  BOOST_TEST((job->bytes.front() == std::byte{1} && job->bytes.back() == std::byte{1}));
  BOOST_TEST((all.place_recoded(*job, halved).error().code() == errc::gone));
  all.cancel_recode(*job);
  BOOST_TEST(all.deferred() == 0U);
  BOOST_TEST(all.memory().used_bytes() == 0U);
}

BOOST_AUTO_TEST_CASE(a_put_of_the_same_key_overtakes) {
  put({key_of(1)});
  const auto job = all.begin_recode(names[0], 0);
  const auto to = all.place_recoded(*job, halved);
  all.remove(0, std::vector{key_of(1)});
  put({key_of(1)});
  BOOST_TEST((all.finish_recode(*job, *to, 2) == errc::gone));
  for (const auto& each : all.take_scrubs()) {  // the slot of a removed block's bytes
    all.scrubbed({each});
  }
  BOOST_TEST(only_place(key_of(1)).codec == 0);
  BOOST_TEST(all.memory().used_bytes() == big);
  BOOST_TEST(all.leases() == 0U);
}

BOOST_AUTO_TEST_CASE(nothing_is_evicted_or_moved_for_a_recode) {
  std::vector<block_key> keys;
  for (std::uint64_t i = 0; i < 16; ++i) {
    keys.push_back(key_of(i));
  }
  put(keys);  // the arena is full
  BOOST_TEST((recode(names[3], 5) == errc::busy));
  BOOST_TEST(only_place(key_of(3)).codec == 0);
  BOOST_TEST(all.leases() == 0U);
}

BOOST_AUTO_TEST_CASE(an_encoding_that_frees_no_granule_is_refused) {
  put({key_of(1)});
  const auto job = all.begin_recode(names[0], 0);
  const auto to = all.place_recoded(*job, {1, big - 1, 0});
  BOOST_TEST((to.error().code() == errc::invalid_argument));
  all.cancel_recode(*job);
  BOOST_TEST(all.leases() == 0U);
}

BOOST_AUTO_TEST_CASE(any_interleaving_leaks_nothing) {
  std::mt19937 random(5);
  struct under_way {
    recode_job job;
    std::optional<write_job> to;
  };
  std::vector<under_way> jobs;
  std::vector<std::uint64_t> leases;
  for (int step = 0; step < 20'000; ++step) {
    const auto key = key_of(random() % 8);
    switch (random() % 6) {
    case 0:
      for (const auto& each : all.reserve(alice, 0, nullptr, std::vector{key}, start)) {
        if (each.status == errc::ok && store(each.ticket, 1) != errc::ok) {
          all.abort(alice.session, each.ticket);
        }
      }
      break;
    case 1:
      all.remove(0, std::vector{key});
      break;
    case 2:
      if (const auto got = all.get(bob, 0, std::vector{key}); got && got->lease != 0) {
        leases.push_back(got->lease);
      }
      break;
    case 3:
      if (!leases.empty()) {
        std::swap(leases[random() % leases.size()], leases.back());
        all.release(bob.session, {leases.back()});
        leases.pop_back();
      }
      break;
    case 4:
      if (!names.empty()) {
        if (auto job = all.begin_recode(names[random() % names.size()], 0)) {
          auto to = all.place_recoded(*job, halved);
          jobs.push_back({*job, to ? std::optional{*to} : std::nullopt});
        }
      }
      break;
    default:
      if (!jobs.empty()) {
        std::swap(jobs[random() % jobs.size()], jobs.back());
        const auto& last = jobs.back();
        if (last.to && random() % 2 == 0) {
          all.finish_recode(last.job, *last.to, 2);
        } else {
          all.cancel_recode(last.job, last.to ? &*last.to : nullptr);
        }
        jobs.pop_back();
      }
    }
    all.scrubbed(all.take_scrubs());
    const auto events = all.take_events(start);
    for (const auto& each : events.inserted) {
      names.push_back(each.block);
    }
    if (names.size() > 64) {
      names.erase(names.begin(), names.begin() + 32);
    }
  }
  for (const auto& each : jobs) {
    all.cancel_recode(each.job, each.to ? &*each.to : nullptr);
  }
  all.revoke(bob.session);
  all.clear();
  all.scrubbed(all.take_scrubs());
  BOOST_TEST(all.leases() == 0U);
  BOOST_TEST(all.deferred() == 0U);
  BOOST_TEST(all.memory().used_bytes() == 0U);
  BOOST_TEST(all.counters().payload_bytes.get() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace cellard::core::testing
