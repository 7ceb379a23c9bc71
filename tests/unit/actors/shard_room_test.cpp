// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Room for a shard: segments that come or are denied, victims, leases that keep blocks, and
// segments that are taken back.
#include "tests/unit/actors/shard_fixture.hpp"

namespace cellard::actors::testing {
namespace {

using core::errc;

/// As many blocks as fit, each a root.
void fill(shard_house& house, std::uint64_t blocks) {
  house.give_segment(blocks);
  for (std::uint64_t i = 0; i < blocks; ++i) {
    BOOST_TEST_REQUIRE(house.put(i) == statuses{errc::ok});
  }
}

BOOST_AUTO_TEST_SUITE(shard_room_test)

BOOST_AUTO_TEST_CASE(it_asks_for_its_first_segment_before_any_put) {
  const shard_house house;
  BOOST_TEST(house.heard_of->asked == 1);
  BOOST_TEST(house.heard_of->asked_in_need == 0);
}

BOOST_AUTO_TEST_CASE(a_put_waits_for_the_segment_that_is_on_its_way) {
  shard_house house;
  const auto answer = house.start_put(1, 1);
  house.run();
  BOOST_TEST(!answer->value.has_value());
  house.give_segment(16);
  BOOST_TEST_REQUIRE(answer->value.has_value());
  BOOST_TEST(*answer->value == statuses{errc::ok});
}

BOOST_AUTO_TEST_CASE(a_put_that_waits_when_looking_ahead_was_denied_asks_in_need) {
  shard_house house;
  const auto answer = house.start_put(1, 1);
  house.run();
  house.deny();
  BOOST_TEST(house.heard_of->asked_in_need == 1);
  BOOST_TEST(!answer->value.has_value());
  house.deny();  // now there is nothing to hope for, and nothing to drop
  BOOST_TEST_REQUIRE(answer->value.has_value());
  BOOST_TEST(*answer->value == statuses{errc::busy});
  BOOST_TEST(house.put(1) == statuses{errc::busy});
  BOOST_TEST(house.numbers->reservations.get() == 0U);
  BOOST_TEST(house.heard_of->asked_in_need == 1);  // not again, until there is room
  house.tell(house.space, room_atom::value);
  const auto second = house.start_put(1, 1);
  house.run();
  BOOST_TEST(house.heard_of->asked == 2);
  house.give_segment(16);
  BOOST_TEST((second->value && *second->value == statuses{errc::ok}));
}

BOOST_AUTO_TEST_CASE(when_it_is_full_the_least_recently_used_block_goes) {
  shard_house house;
  fill(house, 8);
  house.deny();
  BOOST_TEST(house.found(0) == 1U);
  house.serve<protocol::match_reply>(protocol::opcode::touch, 0, 1);
  BOOST_TEST(house.put(100) == statuses{errc::ok});
  BOOST_TEST(house.found(0) == 1U);
  BOOST_TEST(house.found(1) == 0U);
  BOOST_TEST(house.numbers->evicted.get() >= 1U);
}

BOOST_AUTO_TEST_CASE(what_is_leased_stays_and_the_put_is_busy_until_the_lease_ends) {
  shard_house house;
  fill(house, 4);
  house.deny();
  std::vector<std::uint64_t> leases;
  for (std::uint64_t i = 0; i < 4; ++i) {
    leases.push_back(house.get(i).lease);
  }
  BOOST_TEST(house.put(100) == statuses{errc::busy});
  for (std::uint64_t i = 0; i < 4; ++i) {
    BOOST_TEST(house.found(i) == 1U);
  }
  house.release(leases[2]);
  BOOST_TEST(house.put(100) == statuses{errc::ok});
  BOOST_TEST(house.found(2) == 0U);
  BOOST_TEST(house.found(3) == 1U);
}

BOOST_AUTO_TEST_CASE(a_revoked_session_holds_nothing_back) {
  shard_house house;
  fill(house, 4);
  house.deny();
  for (std::uint64_t i = 0; i < 4; ++i) {
    house.get(i, 1, 7);
  }
  BOOST_TEST(house.put(100) == statuses{errc::busy});
  BOOST_TEST(*house.ask<std::uint32_t>(house.space, revoke_atom::value, session_id{7}) == 4U);
  BOOST_TEST(house.numbers->leases.get() == 0U);
  BOOST_TEST(house.put(100) == statuses{errc::ok});
}

BOOST_AUTO_TEST_CASE(no_order_to_ask_is_a_busy_put) {
  shard_house house;
  fill(house, 4);
  house.deny();
  house.end(house.setup.order);
  BOOST_TEST(house.put(100) == statuses{errc::busy});
  BOOST_TEST(house.found(0) == 1U);
}

BOOST_AUTO_TEST_CASE(pages_that_nobody_makes_present_are_a_denial) {
  shard_house house;
  house.end(house.setup.housekeeper);
  const auto answer = house.start_put(1, 1);
  house.run();
  house.give_segment(16);
  BOOST_TEST_REQUIRE(answer->value.has_value());
  BOOST_TEST(*answer->value == statuses{errc::busy});
}

BOOST_AUTO_TEST_CASE(without_prefault_a_segment_is_used_as_it_comes) {
  auto settings = small_configuration();
  settings.memory.prefault = false;
  shard_house house{settings};
  house.end(house.setup.housekeeper);
  house.give_segment(4);
  BOOST_TEST(house.put(1) == statuses{errc::ok});
}

BOOST_AUTO_TEST_CASE(a_segment_that_is_taken_back_loses_its_blocks_and_its_pages) {
  shard_house house;
  fill(house, 4);
  const auto got = house.get(0);
  house.release(got.lease);
  house.tell(house.space, retire_atom::value);
  house.run();
  BOOST_TEST(house.heard_of->freed == std::vector<std::uint64_t>{4 * block_bytes});
  BOOST_TEST(house.found(0) == 0U);
  const auto& place = got.places[0];
  const auto bytes = house.memory->data().subspan(place.offset, place.length);
  BOOST_TEST(
    std::all_of(bytes.begin(), bytes.end(), [](auto each) { return each == std::byte{}; }));
  house.tell(house.space, retire_atom::value);
  house.run();
  BOOST_TEST(house.heard_of->freed.back() == 0U);  // nothing left to give
}

BOOST_AUTO_TEST_CASE(a_segment_is_taken_back_when_its_last_reader_is_done) {
  shard_house house;
  fill(house, 4);
  const auto got = house.get(0);
  house.tell(house.space, retire_atom::value);
  house.run();
  BOOST_TEST(house.heard_of->freed.empty());
  house.advance(std::chrono::seconds{2});
  BOOST_TEST(house.heard_of->freed.empty());
  house.release(got.lease);
  house.advance(std::chrono::seconds{2});
  BOOST_TEST(house.heard_of->freed == std::vector<std::uint64_t>{4 * block_bytes});
}

BOOST_AUTO_TEST_CASE(an_ending_namespace_answers_who_waits_and_punches_its_pages) {
  shard_house house;
  house.staging->memory().data()[0] = std::byte{1};
  fill(house, 4);
  const auto got = house.get(0);
  house.deny();
  for (std::uint64_t i = 1; i < 4; ++i) {
    house.get(i);
  }
  house.tell(house.space, room_atom::value);
  const auto waiting = house.start_put(100, 1);
  house.run();  // in need of a segment
  BOOST_TEST(!waiting->value.has_value());
  house.end(house.space);
  BOOST_TEST((waiting->gone || waiting->value == statuses{errc::shutting_down}));
  BOOST_TEST((house.memory->data()[got.places[0].offset] == std::byte{0}));
}

BOOST_AUTO_TEST_CASE(clear_drops_all_blocks) {
  shard_house house;
  fill(house, 4);
  BOOST_TEST(*house.ask<std::uint32_t>(house.space, clear_atom::value) == 4U);
  BOOST_TEST(house.found(0) == 0U);
  BOOST_TEST(house.put(0) == statuses{errc::ok});
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace cellard::actors::testing
