// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Writes in a shard: copies in its turn and by workers, what becomes of them when a worker dies,
// and rights to write that end.
#include "tests/unit/actors/shard_fixture.hpp"

namespace cellard::actors::testing {
namespace {

using core::errc;

BOOST_AUTO_TEST_SUITE(shard_copy_test)

BOOST_AUTO_TEST_CASE(a_small_put_is_copied_in_the_shards_own_turn) {
  shard_house house;
  house.give_segment(16);
  house.end(house.copier);  // nobody else could
  house.staging->memory().data()[7] = std::byte{42};
  BOOST_TEST(house.put(1) == statuses{errc::ok});
  const auto got = house.get(1);
  BOOST_TEST_REQUIRE(got.places.size() == 1U);
  BOOST_TEST((house.memory->data()[got.places[0].offset + 7] == std::byte{42}));
}

BOOST_AUTO_TEST_CASE(a_large_put_is_found_when_the_worker_is_done_and_not_before) {
  shard_house house;
  house.give_segment(16);
  const auto answer = house.start_put(1, 3);
  while (house.server->copy_queue_bytes == 0) {
    house.scheduler().run_once();
  }
  BOOST_TEST(house.numbers->payload_bytes.get() == 0U);
  BOOST_TEST(!answer->value.has_value());
  house.run();
  BOOST_TEST_REQUIRE(answer->value.has_value());
  BOOST_TEST(*answer->value == statuses(3, errc::ok));
  BOOST_TEST(house.found(1, 3) == 3U);
  BOOST_TEST(house.server->copy_queue_bytes == 0U);
}

BOOST_AUTO_TEST_CASE(a_dead_worker_costs_its_puts_and_no_key) {
  shard_house house;
  house.give_segment(16);
  const auto used = house.numbers->used_bytes.get();
  house.end(house.copier);
  BOOST_TEST(house.put(1, 2) == statuses(2, errc::shutting_down));
  BOOST_TEST(house.found(1, 2) == 0U);
  BOOST_TEST(house.numbers->reservations.get() == 0U);
  BOOST_TEST(house.numbers->used_bytes.get() == used);
  BOOST_TEST(house.put(1) == statuses{errc::ok});
}

BOOST_AUTO_TEST_CASE(copies_beyond_the_queues_bound_are_busy_and_leave_nothing_behind) {
  auto settings = small_configuration();
  settings.limits.copy_queue_bytes = 2 * block_bytes;
  shard_house house{settings};
  house.give_segment(16);
  BOOST_TEST(house.put(1, 3) == statuses(3, errc::busy));
  BOOST_TEST(house.server->copy_queue_bytes == 0U);
  BOOST_TEST(house.numbers->reservations.get() == 0U);
  BOOST_TEST(house.put(1, 2) == statuses(2, errc::ok));
}

BOOST_AUTO_TEST_CASE(a_wrong_length_is_that_entrys_status_and_frees_its_key) {
  shard_house house;
  house.give_segment(16);
  const auto wrong =
    house.ask<statuses>(house.space, put_atom::value, house.write(put_of(1, 1, 2 * block_bytes)));
  BOOST_TEST((*wrong == statuses{errc::invalid_argument}));
  BOOST_TEST(house.put(1) == statuses{errc::ok});
}

BOOST_AUTO_TEST_CASE(a_put_of_what_another_session_writes_is_pending) {
  shard_house house;
  house.give_segment(16);
  protocol::reserve_request request;
  request.space = 1;
  const auto keys = keys_from(1, 1);
  request.keys = keys;
  const auto given = house.ask<std::vector<core::reservation>>(house.space, reserve_atom::value,
                                                               house.write(request));
  BOOST_TEST_REQUIRE(given->size() == 1U);
  BOOST_TEST((given->front().status == errc::ok));
  BOOST_TEST(house.put(1, 1, 2) == statuses{errc::pending});
  house.tell(house.space, leave_atom::value, session_id{1}, every_handle);
  BOOST_TEST(house.put(1, 1, 2) == statuses{errc::ok});
}

BOOST_AUTO_TEST_CASE(a_reservation_ends_by_itself_when_its_time_is_over) {
  auto settings = small_configuration();
  settings.limits.reservation_time = config::duration{0};
  shard_house house{settings};
  house.give_segment(16);
  protocol::reserve_request request;
  request.space = 1;
  const auto keys = keys_from(1, 1);
  request.keys = keys;
  static_cast<void>(house.ask<std::vector<core::reservation>>(house.space, reserve_atom::value,
                                                              house.write(request)));
  BOOST_TEST(house.numbers->reservations.get() == 1U);
  house.advance(std::chrono::seconds{2});
  BOOST_TEST(house.numbers->reservations.get() == 0U);
  BOOST_TEST(house.put(1, 1, 2) == statuses{errc::ok});
}

BOOST_AUTO_TEST_CASE(tickets_are_one_sessions_own) {
  shard_house house;
  house.give_segment(16);
  protocol::reserve_request request;
  request.space = 1;
  const auto keys = keys_from(1, 1);
  request.keys = keys;
  const auto given = house.ask<std::vector<core::reservation>>(house.space, reserve_atom::value,
                                                               house.write(request));
  const auto ticket = given->front().ticket;
  const protocol::commit_request commit{1, {{ticket, block_bytes, 0}}};
  BOOST_TEST((*house.ask<statuses>(house.space, commit_atom::value, house.write(commit, 2))
              == statuses{errc::not_found}));
  const protocol::abort_request abort{1, {ticket}};
  BOOST_TEST(*house.ask<std::uint32_t>(house.space, abort_atom::value, house.write(abort, 2))
             == 0U);
  BOOST_TEST((*house.ask<statuses>(house.space, commit_atom::value, house.write(commit, 1))
              == statuses{errc::ok}));
  BOOST_TEST(house.found(1) == 1U);
}

BOOST_AUTO_TEST_CASE(a_block_whose_bytes_changed_is_dropped_counted_and_can_be_put_again) {
  shard_house house;
  house.give_segment(16);
  BOOST_TEST(house.put(1, 2) == statuses(2, errc::ok));
  const auto report = [&] {
    return *house.ask<std::uint32_t>(house.space, corrupt_atom::value,
                                     house.write(protocol::corrupt_request{1, 0, key_of(1)}));
  };
  BOOST_TEST(report() == 0U);  // the bytes are right: the client was wrong
  BOOST_TEST(house.found(1, 2) == 2U);
  {
    const auto got = house.get(1, 2);
    house.memory->data()[got.places[0].offset + 99] ^= std::byte{1};
    house.release(got.lease);
  }
  BOOST_TEST(report() == 2U);  // and what continues it
  BOOST_TEST(house.numbers->corrupt.get() == 1U);
  BOOST_TEST(house.found(1, 2) == 0U);
  BOOST_TEST(house.put(1, 2) == statuses(2, errc::ok));
  BOOST_TEST(report() == 0U);
}

BOOST_AUTO_TEST_CASE(a_report_about_a_block_answers_when_the_worker_has_died) {
  shard_house house;
  house.give_segment(16);
  BOOST_TEST(house.put(1) == statuses{errc::ok});
  house.end(house.copier);
  BOOST_TEST(*house.ask<std::uint32_t>(house.space, corrupt_atom::value,
                                       house.write(protocol::corrupt_request{1, 0, key_of(1)}))
             == 0U);
  BOOST_TEST(house.found(1) == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace cellard::actors::testing
