// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// What a session answers: each request once, with one credit, whatever it is.
#include "tests/unit/actors/session_fixture.hpp"

namespace cellard::actors::testing {
namespace {

using core::errc;
using protocol::opcode;

BOOST_AUTO_TEST_SUITE(session_test)

BOOST_AUTO_TEST_CASE(hello_comes_first_and_says_what_is_allowed) {
  daemon_double house;
  auto client = house.connect();
  const auto early = client.send(protocol::stage_request{mib});
  BOOST_TEST(client.status(early) == errc::not_open);
  const auto reply = client.ask<protocol::hello_reply>(protocol::hello_request{});
  BOOST_TEST(reply.requests == house.settings->limits.requests_in_flight);
  BOOST_TEST(reply.keys == 4096U);
  BOOST_TEST(reply.shared_memory);
  BOOST_TEST(!reply.privileged);
  protocol::hello_request newer;
  newer.version_min = 200;
  newer.version_max = 300;
  BOOST_TEST(client.status(client.send(newer)) == errc::unsupported_version);
  BOOST_TEST(client.sink->credits == 3);
}

BOOST_AUTO_TEST_CASE(what_is_put_is_found_read_and_given_back) {
  daemon_double house;
  auto client = house.ready();
  const auto keys = keys_from(1, 3);
  BOOST_TEST(client.ask<protocol::status_list_reply>(client.put(1, 1, 1)).statuses
             == statuses{errc::ok});
  const auto found = client.ask<protocol::match_reply>(client.chain(opcode::lookup, 1, keys));
  BOOST_TEST(found.ready == 1U);
  const auto got = client.ask<protocol::get_reply>(client.chain(opcode::get, 1, keys));
  BOOST_TEST(got.places.size() == 1U);
  BOOST_TEST(got.new_segments.size() == 1U);
  const auto again = client.ask<protocol::get_reply>(client.chain(opcode::get, 1, keys));
  BOOST_TEST(again.new_segments.empty());  // a descriptor is sent once
  BOOST_TEST(again.lease != got.lease);
  how with;
  with.releases = {got.lease, again.lease, 12345};
  BOOST_TEST(client.ask<protocol::count_reply>(protocol::release_request{}, with).count == 3U);
  const auto left = client.send(protocol::admin_request{opcode::stats, false});
  BOOST_TEST(client.sentence(left).find("\"leases\":0") != std::string::npos,
             client.sentence(left));
}

BOOST_AUTO_TEST_CASE(every_request_gives_its_credit_back_whatever_becomes_of_it) {
  daemon_double house;
  auto client = house.ready();
  const auto before = client.sink->credits;
  const auto keys = keys_from(1, 1);
  client.send(client.chain(opcode::get, 77, keys));                        // no such handle
  client.send(protocol::chain_request{opcode::lookup, 1, 9, 0, 0, keys});  // no such salt
  client.send(protocol::chain_request{opcode::remove, 1, 0, 1, 0, keys});  // scrub
  client.send(client.put(1, 1, 17));                                       // outside of staging
  client.send(protocol::admin_request{opcode::clear, true});               // privileged
  client.send(protocol::commit_request{1, {{5, block_bytes, 0}}});         // no such ticket
  client.send(protocol::forget_request{"space", 0});                       // open
  how quiet;
  quiet.flags = protocol::no_reply;
  client.send(protocol::release_request{}, quiet);
  BOOST_TEST(client.sink->credits - before == 8);
  BOOST_TEST(client.sink->frames.size() == static_cast<std::size_t>(client.sink->credits) - 1);
}

BOOST_AUTO_TEST_CASE(numbers_of_others_and_switches_are_for_the_owner) {
  daemon_double house;
  auto client = house.connect(1, "tenant");
  auto owner = house.connect(2, "tenant", true);
  client.hello();
  owner.hello();
  const auto all = protocol::admin_request{opcode::stats, true};
  BOOST_TEST(client.status(client.send(all)) == errc::permission_denied);
  BOOST_TEST(owner.status(owner.send(all)) == errc::ok);
  BOOST_TEST(client.status(client.send(protocol::admin_request{opcode::drain, true}))
             == errc::permission_denied);
  BOOST_TEST(owner.status(owner.send(protocol::admin_request{opcode::drain, true})) == errc::ok);
  const auto refused = owner.send(protocol::stage_request{mib});
  BOOST_TEST((owner.reply(refused).header.flags & protocol::draining) != 0);
  BOOST_TEST(owner.open("space") == 1U);
  BOOST_TEST(owner.status(owner.send(owner.put(1, 1, 1))) == errc::shutting_down);
}

BOOST_AUTO_TEST_CASE(a_put_that_takes_too_long_is_answered_once_and_its_credit_comes_with_its_end) {
  daemon_double house;
  auto client = house.ready();
  how soon;
  soon.deadline_us = 1;
  const auto credits = client.sink->credits;
  const auto put = client.send(client.put(1, 1, 2), soon);  // two blocks: a worker's
  BOOST_TEST(client.replies(put) == 0U);
  BOOST_TEST(!client.sink->wakes.empty());
  client.tick();
  BOOST_TEST(client.status(put) == errc::timed_out);
  BOOST_TEST(house.counters->timed_out == 1U);
  BOOST_TEST(client.sink->credits == credits);  // the work goes on
  house.finish_copies();
  BOOST_TEST(client.replies(put) == 1U);
  BOOST_TEST(client.sink->credits == credits + 1);
}

BOOST_AUTO_TEST_CASE(a_tick_before_the_deadline_changes_nothing_and_asks_for_the_next) {
  daemon_double house;
  auto client = house.ready();
  const auto put = client.send(client.put(1, 1, 2));
  const auto wakes = client.sink->wakes.size();
  client.tick();
  BOOST_TEST(client.replies(put) == 0U);
  BOOST_TEST(client.sink->wakes.size() > wakes);
  house.finish_copies();
  BOOST_TEST(client.status(put) == errc::ok);
}

BOOST_AUTO_TEST_CASE(silence_loses_the_leases_and_the_next_reply_says_so_once) {
  daemon_double house;
  auto client = house.ready();
  const auto keys = keys_from(1, 1);
  client.send(client.put(1, 1, 1));
  how long_ago;
  long_ago.ago = std::chrono::minutes{5};  // lease_time is 30 s
  client.send(client.chain(opcode::get, 1, keys), long_ago);
  client.tick();
  BOOST_TEST(house.counters->leases_revoked == 1U);
  const auto next = client.send(client.chain(opcode::lookup, 1, keys));
  BOOST_TEST((client.reply(next).header.flags & protocol::leases_lost) != 0);
  const auto after = client.send(client.chain(opcode::lookup, 1, keys));
  BOOST_TEST((client.reply(after).header.flags & protocol::leases_lost) == 0);
  client.tick();
  BOOST_TEST(house.counters->leases_revoked == 1U);
}

BOOST_AUTO_TEST_CASE(any_request_keeps_the_leases) {
  daemon_double house;
  auto client = house.ready();
  const auto keys = keys_from(1, 1);
  client.send(client.put(1, 1, 1));
  how long_ago;
  long_ago.ago = std::chrono::minutes{5};
  client.send(client.chain(opcode::get, 1, keys), long_ago);
  client.send(protocol::admin_request{opcode::health, false});
  client.tick();
  BOOST_TEST(house.counters->leases_revoked == 0U);
}

BOOST_AUTO_TEST_CASE(a_handle_that_is_used_again_does_not_get_what_was_asked_before) {
  daemon_double house;
  auto client = house.ready();
  client.send(client.put(1, 1, 1));
  const auto keys = keys_from(1, 1);
  const auto way = client.sink->routes[1];
  BOOST_TEST_REQUIRE(way != nullptr);
  BOOST_TEST(client.status(client.send(protocol::close_request{1})) == errc::ok);
  BOOST_TEST(client.sink->routes[1]->ended);
  BOOST_TEST(client.open("other") == 1U);
  // The connection sent this to the shard of the first one, and the close overtook it.
  how with;
  with.id = 1000;
  house.tell(way->shard, chain_atom::value,
             chain_call{arriving(client.chain(opcode::get, 1, keys), client.sink, with), way->who,
                        way->salts[0]});
  house.run();
  BOOST_TEST(client.status(1000) == errc::not_open);
  BOOST_TEST(client.ask<protocol::match_reply>(client.chain(opcode::lookup, 1, keys)).ready == 0U);
  const auto left = client.send(protocol::admin_request{opcode::stats, false});
  BOOST_TEST(client.sentence(left).find("\"leases\":0") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace cellard::actors::testing
