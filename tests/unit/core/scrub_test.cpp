// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Removal with the bytes overwritten: what is to be overwritten and when, and that no slot is used
// again before.
#include "core/shard.hpp"
#include "tests/support/keys.hpp"
#include "tests/support/printing.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstring>

namespace {

using namespace cellard::core;
using cellard::tests::key_of;
using cellard::tests::keys_from;

constexpr std::uint32_t block = 4096;
constexpr std::uint32_t blocks = 8;
constexpr requester alice{1, 0};
constexpr requester bob{2, 0};
const time_point start{};

shard::options options_of(std::uint16_t parts) {
  shard::options options;
  options.id = 1;
  options.shape.type = dtype::opaque;
  options.shape.max_bytes = block;
  options.shape.parts = parts;
  return options;
}

struct fixture {
  explicit fixture(std::uint16_t parts = 1) : all(options_of(parts)) {
    auto memory = *segment::create("test", arena::segment_bytes_for(blocks * block, block));
    BOOST_TEST_REQUIRE(all.memory().add(memory));
    all.memory().extend(*memory, memory->bytes());
  }

  write_job begin(requester who, const block_key& key) {
    const auto given = all.reserve(who, 0, nullptr, {&key, 1}, start).front();
    BOOST_TEST_REQUIRE(given.status == errc::ok);
    auto job = all.begin(who.session, given.ticket, block);
    BOOST_TEST_REQUIRE(job.has_value());
    std::memset(job->to, 7, block);
    return *job;
  }

  void put(requester who, std::uint64_t number) {
    BOOST_TEST_REQUIRE(all.finish(begin(who, key_of(number)), 7, start) == errc::ok);
  }

  /// Does what the housekeeper does.
  std::size_t overwrite() {
    const auto jobs = all.take_scrubs();
    for (const auto& each : jobs) {
      std::memset(each.bytes, 0, each.length);
    }
    all.scrubbed(jobs);
    return jobs.size();
  }

  shard all;
};

BOOST_FIXTURE_TEST_SUITE(scrubbing, fixture)

BOOST_AUTO_TEST_CASE(the_block_is_gone_at_once_and_its_slot_stays_taken_until_it_is_overwritten) {
  put(alice, 1);
  const auto where = all.find(alice, 0, key_of(1)).value();
  const auto gone = all.scrub(0, keys_from(1, 1));
  BOOST_TEST(gone.removed == 1U);
  BOOST_TEST(gone.later == 0U);
  BOOST_TEST(all.lookup(0, keys_from(1, 1)).matched == 0U);
  BOOST_TEST(all.memory().used_bytes() == block);
  const auto jobs = all.take_scrubs();
  BOOST_TEST_REQUIRE(jobs.size() == 1U);
  BOOST_TEST(jobs[0].length == block);
  BOOST_TEST(jobs[0].bytes == jobs[0].keep->data().data() + where.offset);
  const auto& head = all.memory().header(jobs[0].slot);
  BOOST_TEST(head.generation.load() != where.generation);
  BOOST_TEST((head.state.load() != slot_state::committed));
  BOOST_TEST((head.key == block_key{}));
  BOOST_TEST(head.checksum == 0U);
  all.scrubbed(jobs);
  BOOST_TEST(all.memory().used_bytes() == 0U);
}

BOOST_AUTO_TEST_CASE(what_continues_the_block_is_overwritten_with_it) {
  const auto keys = keys_from(1, 3);
  for (const auto& given : all.reserve(alice, 0, nullptr, keys, start)) {
    const auto job = all.begin(alice.session, given.ticket, block);
    BOOST_TEST_REQUIRE(all.finish(*job, 7, start) == errc::ok);
  }
  BOOST_TEST(all.scrub(0, keys_from(1, 1)).removed == 3U);
  BOOST_TEST(overwrite() == 3U);
}

BOOST_AUTO_TEST_CASE(a_remove_without_it_leaves_nothing_to_overwrite) {
  put(alice, 1);
  BOOST_TEST(all.remove(0, keys_from(1, 1)) == 1U);
  BOOST_TEST(all.take_scrubs().empty());
  BOOST_TEST(all.memory().used_bytes() == 0U);
}

BOOST_AUTO_TEST_CASE(a_reader_keeps_the_bytes_until_its_lease_ends) {
  put(alice, 1);
  const auto seen = all.get(bob, 0, keys_from(1, 1)).value();
  const auto gone = all.scrub(0, keys_from(1, 1));
  BOOST_TEST(gone.removed == 1U);
  BOOST_TEST(gone.later == 1U);
  BOOST_TEST(all.take_scrubs().empty());
  const auto bytes =
    all.memory().find_segment(seen.places[0].segment)->data().subspan(seen.places[0].offset, block);
  BOOST_TEST((bytes[0] == std::byte{7}));
  all.release(bob.session, {seen.lease});
  BOOST_TEST(overwrite() == 1U);
  BOOST_TEST(
    std::all_of(bytes.begin(), bytes.end(), [](std::byte each) { return each == std::byte{0}; }));
  BOOST_TEST(all.memory().used_bytes() == 0U);
}

BOOST_AUTO_TEST_CASE(a_put_that_is_under_way_is_overwritten_when_it_arrives) {
  const auto job = begin(alice, key_of(1));
  BOOST_TEST(all.scrub(0, keys_from(1, 1)).removed == 1U);
  BOOST_TEST(all.take_scrubs().empty());  // the copy still writes there
  BOOST_TEST(all.finish(job, 7, start) == errc::no_parent);
  BOOST_TEST(overwrite() == 1U);
  BOOST_TEST((job.to[0] == std::byte{0}));
  BOOST_TEST(all.memory().used_bytes() == 0U);
}

BOOST_AUTO_TEST_CASE(a_full_arena_stays_full_until_the_bytes_are_overwritten) {
  for (std::uint64_t i = 1; i <= blocks; ++i) {
    put(alice, i);
  }
  all.scrub(0, keys_from(1, 1));
  const auto jobs = all.take_scrubs();
  const auto next = key_of(99);
  const auto given = all.reserve(bob, 0, nullptr, {&next, 1}, start).front();
  BOOST_TEST(all.begin(bob.session, given.ticket, block).error().code() == errc::busy);
  all.scrubbed(jobs);
  BOOST_TEST(all.begin(bob.session, given.ticket, block).has_value());
}

BOOST_AUTO_TEST_CASE(a_segment_is_given_back_only_after_its_bytes_are_overwritten) {
  put(alice, 1);
  all.scrub(0, keys_from(1, 1));
  const auto jobs = all.take_scrubs();
  BOOST_TEST(all.begin_retirement());
  BOOST_TEST(!all.retire_some().has_value());
  all.scrubbed(jobs);
  BOOST_TEST(all.retire_some().has_value());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_CASE(every_part_of_a_block_is_overwritten) {
  fixture two(2);
  two.put({1, 0}, 1);
  two.put({2, 1}, 1);
  BOOST_TEST(two.all.scrub(0, keys_from(1, 1)).removed == 1U);
  BOOST_TEST(two.overwrite() == 2U);
  BOOST_TEST(two.all.memory().used_bytes() == 0U);
}

}  // namespace
