// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The end of a session, of whom it asks, and of what it holds.
#include "tests/unit/actors/session_fixture.hpp"

namespace cellard::actors::testing {
namespace {

using core::errc;
using protocol::opcode;

/// Bytes that the owner reads in the statistics of all.
std::string numbers(daemon_double& house) {
  return *house.ask<std::string>(house.statistics, text_atom::value, opcode::stats, std::string{});
}

bool has(const std::string& text, const std::string& what) {
  return text.find(what) != std::string::npos;
}

BOOST_AUTO_TEST_SUITE(session_end_test)

BOOST_AUTO_TEST_CASE(a_connection_that_ends_gives_everything_back) {
  daemon_double house;
  {
    auto client = house.ready();
    client.send(client.put(1, 1, 1));
    client.send(client.chain(opcode::get, 1, keys_from(1, 1)));
    const auto keys = keys_from(50, 2);
    protocol::reserve_request request;
    request.space = 1;
    request.keys = keys;
    client.send(request);
    BOOST_TEST(has(numbers(house), "\"leases\":1"), numbers(house));
    house.tell(client.actor, closed_atom::value);
    house.run();
    BOOST_TEST(client.sink->shut == 1);
  }
  const auto after = numbers(house);
  BOOST_TEST(has(after, "\"leases\":0"), after);
  BOOST_TEST(has(after, "\"reservations\":0"), after);
  BOOST_TEST(has(after, "\"sessions\":0"), after);
  BOOST_TEST(house.counters->sessions == 0U);
  BOOST_TEST(house.staging->bytes() == 0U);
  const auto dropped = house.ask<core::result<std::uint32_t>>(
    house.directory, forget_atom::value, std::string{"tenant"}, std::string{"space"},
    std::uint32_t{0});
  BOOST_TEST_REQUIRE(dropped.has_value());
  BOOST_TEST(dropped->has_value());  // nobody has it open
}

BOOST_AUTO_TEST_CASE(a_session_that_dies_of_an_error_gives_everything_back_too) {
  daemon_double house;
  auto client = house.ready();
  client.send(client.put(1, 1, 1));
  client.send(client.chain(opcode::get, 1, keys_from(1, 1)));
  house.end(client.actor, caf::exit_reason::unhandled_exception);
  BOOST_TEST(client.sink->shut == 1);
  BOOST_TEST(has(numbers(house), "\"leases\":0"));
  BOOST_TEST(house.counters->sessions == 0U);
}

BOOST_AUTO_TEST_CASE(a_session_that_ends_while_it_opens_is_counted_out_again) {
  daemon_double house;
  auto client = house.connect();
  client.hello();
  protocol::open_request request;
  request.name = "space";
  request.layout = opaque();
  client.start(request);
  house.tell(client.actor, closed_atom::value);
  house.run();
  BOOST_TEST(client.sink->shut == 1);
  const auto dropped = house.ask<core::result<std::uint32_t>>(
    house.directory, forget_atom::value, std::string{"tenant"}, std::string{"space"},
    std::uint32_t{0});
  BOOST_TEST_REQUIRE(dropped.has_value());
  BOOST_TEST(dropped->has_value());
}

BOOST_AUTO_TEST_CASE(a_dead_namespace_is_shutting_down_for_every_kind_of_request) {
  daemon_double house;
  auto client = house.ready();
  house.end(house.directory);  // and with it the shards
  const auto before = client.sink->credits;
  const auto keys = keys_from(1, 1);
  protocol::reserve_request reserve;
  reserve.space = 1;
  reserve.keys = keys;
  protocol::read_request read;
  read.space = 1;
  read.key = key_of(1);
  read.length = 10;
  const std::vector<protocol::request> all{
    client.chain(opcode::lookup, 1, keys),
    client.chain(opcode::get, 1, keys),
    client.chain(opcode::remove, 1, keys),
    client.put(1, 1, 1),
    reserve,
    protocol::commit_request{1, {{5, block_bytes, 0}}},
    protocol::abort_request{1, {5}},
    read,
    protocol::list_request{1, 10, 0},
    protocol::corrupt_request{1, 0, key_of(1)},
    protocol::salt_request{1, "salt"},
    protocol::forget_request{"space", 0},
  };
  for (const auto& each : all) {
    BOOST_TEST(client.status(client.send(each)) == errc::shutting_down);
  }
  BOOST_TEST(client.sink->credits - before == static_cast<int>(all.size()));
  BOOST_TEST(house.fatal.empty());  // it was asked to end
}

BOOST_AUTO_TEST_CASE(a_dead_memory_manager_costs_the_staging_area) {
  daemon_double house;
  auto client = house.connect();
  client.hello();
  house.end(house.memory);
  BOOST_TEST(client.status(client.send(protocol::stage_request{mib})) == errc::shutting_down);
  BOOST_TEST(house.fatal.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_put_outlives_the_session_that_sent_it_without_harm) {
  daemon_double house;
  auto client = house.ready();
  client.send(client.put(1, 1, 2));  // with a worker
  BOOST_TEST(house.staging->bytes() == mib);
  house.tell(client.actor, closed_atom::value);
  house.run();
  BOOST_TEST(house.staging->bytes() == mib);  // the copy reads it still
  house.finish_copies();
  BOOST_TEST(client.sink->shut == 1);
  BOOST_TEST(has(numbers(house), "\"reservations\":0"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace cellard::actors::testing
