// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
// What readers hold: leases and pins, and what waits for them.
#include "tests/unit/core/shard_fixture.hpp"

#include <cstring>

namespace cellard::core::testing {
namespace {

BOOST_FIXTURE_TEST_SUITE(shard_readers, shard_fixture)

BOOST_AUTO_TEST_CASE(get_says_where_the_bytes_are) {
  put(alice, keys_from(0, 2));
  const auto found_now = all.get(bob, 0, keys_from(0, 5));
  BOOST_TEST_REQUIRE(found_now.has_value());
  BOOST_TEST(found_now->counts.ready == 2U);
  const place& where = found_now->places[1];
  const auto memory = all.memory().find_segment(where.segment);
  const auto bytes = memory->data().subspan(where.offset, where.length);
  BOOST_TEST(where.length == block);
  BOOST_TEST((bytes.front() == std::byte{1} && bytes.back() == std::byte{1}));
}

BOOST_AUTO_TEST_CASE(a_get_tells_what_it_found_and_what_it_lacked) {
  put(alice, keys_from(0, 2));
  const auto stored = all.take_events(start).inserted;
  static_cast<void>(all.get(bob, 0, keys_from(0, 4)));
  BOOST_TEST(all.take_events(start).lacking.empty());  // nobody wants to know
  shard_limits curious;
  curious.tell_lacking = true;
  all.set_limits(curious);
  static_cast<void>(all.get(bob, 0, keys_from(0, 4)));
  auto events = all.take_events(start);
  BOOST_TEST(events.wanted == 2U);
  BOOST_TEST(events.lacking.size() == 2U);
  static_cast<void>(all.get(bob, 0, keys_from(10, 3)));
  events = all.take_events(start);
  BOOST_TEST(events.empty());
  BOOST_TEST(events.lacking.size() == 3U);
  static_cast<void>(all.touch(0, keys_from(0, 2)));
  events = all.take_events(start);
  BOOST_TEST(events.touched.size() == 2U);
  BOOST_TEST(events.wanted == 0U);
  // Under the empty salt a name is what it will be told as when it is stored; under another it is
  // that of another block.
  all.remove(0, keys_from(0, 1));
  static_cast<void>(all.get(bob, 0, keys_from(0, 1)));
  BOOST_TEST(all.take_events(start).lacking.front() == stored.front().fingerprint);
  static_cast<void>(all.get(bob, *all.salt_number("other"), keys_from(0, 1)));
  BOOST_TEST(all.take_events(start).lacking.front() != stored.front().fingerprint);
}

BOOST_AUTO_TEST_CASE(a_leased_path_is_not_evicted) {
  put(alice, keys_from(0, 3));
  const auto lease = all.get(bob, 0, keys_from(0, 3))->lease;
  const auto events = all.take_events(start);
  std::vector<block_name> everything;
  for (const auto& each : events.inserted) {
    everything.push_back(each.block);
  }
  std::uint64_t freed = 0;
  BOOST_TEST(all.evict(everything, freed).size() == 3U);
  BOOST_TEST(all.release(bob.session, {lease}) == 1U);
  // Only a leaf may go at a time; the list is in tail-first order of insertion, so ask until
  // nothing goes.
  for (int i = 0; i < 3; ++i) {
    all.evict(everything, freed);
  }
  BOOST_TEST(all.blocks() == 0U);
  BOOST_TEST(freed == 3 * all.memory().cost(block));
}

BOOST_AUTO_TEST_CASE(a_removed_block_is_a_miss_at_once_and_its_slot_waits_for_the_reader) {
  put(alice, keys_from(0, 2));
  const auto seen = *all.get(bob, 0, keys_from(0, 2));
  const auto used = all.memory().used_bytes();
  BOOST_TEST(all.remove(0, keys_from(0, 1)) == 2U);
  BOOST_TEST(found(keys_from(0, 2)) == 0U);
  BOOST_TEST(all.memory().used_bytes() == used);
  BOOST_TEST(all.deferred() == 2U);
  all.release(bob.session, {seen.lease});
  BOOST_TEST(all.memory().used_bytes() == 0U);
  BOOST_TEST(all.deferred() == 0U);
}

BOOST_AUTO_TEST_CASE(what_a_session_held_is_free_when_it_has_gone) {
  put(alice, keys_from(0, 2));
  static_cast<void>(all.get(bob, 0, keys_from(0, 2)));
  const auto parent = key_of(1);
  static_cast<void>(all.reserve(bob, 0, &parent, keys_from(2, 5), start));
  BOOST_TEST(all.reservations() == 5U);
  all.session_down(bob.session);
  BOOST_TEST(all.leases() == 0U);
  BOOST_TEST(all.reservations() == 0U);
  BOOST_TEST(all.blocks() == 2U);
}

BOOST_AUTO_TEST_CASE(leases_have_a_limit) {
  shard_limits limits;
  limits.leases = 3;
  all.set_limits(limits);
  put(alice, keys_from(0, 2));
  BOOST_TEST(all.get(bob, 0, keys_from(0, 2)).has_value());
  BOOST_TEST(all.get(bob, 0, keys_from(0, 2)).error().code() == errc::limit_reached);
  BOOST_TEST(all.get(alice, 0, keys_from(0, 2)).has_value());
}

BOOST_AUTO_TEST_CASE(pins_hold_until_their_time) {
  using namespace std::chrono_literals;
  put(alice, keys_from(0, 1));
  BOOST_TEST(all.pin(0, keys_from(0, 1), 10s, start) == 1U);
  const auto block_now = all.take_events(start).inserted.front().block;
  std::uint64_t freed = 0;
  BOOST_TEST(all.evict({block_now}, freed).size() == 1U);
  all.tick(start + 11s);
  BOOST_TEST(all.evict({block_now}, freed).empty());
  BOOST_TEST(all.blocks() == 0U);
}

BOOST_AUTO_TEST_CASE(a_segment_is_given_back_when_no_reader_holds_it) {
  put(alice, keys_from(0, 4));
  const auto lease = all.get(bob, 0, keys_from(0, 4))->lease;
  BOOST_TEST(all.begin_retirement());
  BOOST_TEST(!all.retire_some().has_value());
  BOOST_TEST(found(keys_from(0, 4)) == 0U);
  all.release(bob.session, {lease});
  const auto gone = all.retire_some();
  BOOST_TEST_REQUIRE(gone.has_value());
  BOOST_TEST(gone->data_bytes == 256U * block);
  BOOST_TEST(all.memory().segments() == 0U);
}

BOOST_AUTO_TEST_CASE(leases_of_a_closed_handle_end_with_it) {
  const auto keys = keys_from(0, 3);
  put(alice, keys);
  requester first = alice;
  first.handle = 1;
  requester second = alice;
  second.handle = 2;
  const auto by_first = all.get(first, 0, keys);
  const auto by_second = all.get(second, 0, key_span{keys}.first(2));
  BOOST_TEST_REQUIRE(by_first.has_value());
  BOOST_TEST_REQUIRE(by_second.has_value());
  BOOST_TEST(all.revoke(alice.session, 1) == 1U);
  BOOST_TEST(all.leases() == 1U);
  BOOST_TEST(all.release(alice.session, {by_first->lease}) == 0U);
  BOOST_TEST(all.release(alice.session, {by_second->lease}) == 1U);
  BOOST_TEST(all.leases() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace cellard::core::testing
