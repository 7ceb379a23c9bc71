// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Which requests may go past their session, and that a request which is lost answers itself.
#include "actors/route.hpp"

#include "actors/answer.hpp"
#include "actors/lease_number.hpp"
#include "actors/sent_segments.hpp"
#include "tests/unit/actors/recording_sink.hpp"
#include "tests/unit/actors/requests.hpp"

#include <boost/test/unit_test.hpp>

using namespace cellard;
using namespace cellard::actors;
using namespace cellard::actors::testing;

namespace {

constexpr std::uint32_t handle = 3;

route_ptr a_route(std::uint64_t serial, bool may_get = true) {
  return std::make_shared<route>(
    route{serial, false, {}, {7, 0}, {0, 5}, 4, may_get, std::chrono::seconds{30}});
}

struct fixture {
  std::shared_ptr<core::server_counters> counters = std::make_shared<core::server_counters>();
  std::shared_ptr<recording_sink> sink = std::make_shared<recording_sink>(counters);
  route_table routes;
  std::vector<core::block_key> keys = keys_from(1, 4);

  fixture() { routes.set(handle, a_route(1)); }

  protocol::chain_request chain(protocol::opcode op = protocol::opcode::lookup,
                                std::size_t count = 4) {
    return {op, handle, 0, 0, 0, core::key_span{keys}.first(count)};
  }
  const route* way_of(const protocol::request& body, const how& with = {}) {
    const auto from = arriving(body, sink, with);
    const auto* found = routes.of(*from);
    from->settle();
    return found;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(route_test, fixture)

BOOST_AUTO_TEST_CASE(a_plain_chain_request_goes_straight_to_its_shard) {
  const auto* way = way_of(chain());
  BOOST_TEST_REQUIRE(way != nullptr);
  BOOST_TEST(way->who.session == 7U);
  auto salted = chain(protocol::opcode::get);
  salted.salt = 1;
  BOOST_TEST(way_of(salted) != nullptr);
}

BOOST_AUTO_TEST_CASE(what_a_route_cannot_vouch_for_goes_to_the_session) {
  auto wrong = chain();
  wrong.space = handle + 1;
  BOOST_TEST(way_of(wrong) == nullptr);
  wrong.space = 4'000'000'000U;
  BOOST_TEST(way_of(wrong) == nullptr);
  wrong = chain();
  wrong.salt = 2;
  BOOST_TEST(way_of(wrong) == nullptr);
  wrong = chain(protocol::opcode::remove);
  wrong.flags = 8;
  BOOST_TEST(way_of(wrong) == nullptr);
  keys = keys_from(1, 5);
  BOOST_TEST(way_of(chain(protocol::opcode::lookup, 5)) == nullptr);
  BOOST_TEST(way_of(protocol::release_request{}) == nullptr);
}

BOOST_AUTO_TEST_CASE(a_client_without_shared_memory_may_look_but_not_get) {
  routes.set(handle, a_route(2, false));
  BOOST_TEST(way_of(chain(protocol::opcode::get)) == nullptr);
  BOOST_TEST(way_of(chain(protocol::opcode::lookup)) != nullptr);
}

BOOST_AUTO_TEST_CASE(leases_of_another_namespace_need_the_session) {
  how mine;
  mine.releases = {lease_number::join(handle, 1), lease_number::join(handle, 2)};
  BOOST_TEST(way_of(chain(), mine) != nullptr);
  how mixed;
  mixed.releases = {lease_number::join(handle, 1), lease_number::join(handle + 1, 2)};
  BOOST_TEST(way_of(chain(), mixed) == nullptr);
}

BOOST_AUTO_TEST_CASE(an_ended_route_stays_ended_and_a_late_one_of_an_earlier_open_is_ignored) {
  routes.end(handle);
  BOOST_TEST(way_of(chain()) == nullptr);
  routes.set(handle, a_route(1));  // published before the close was read, arriving after it
  BOOST_TEST(way_of(chain()) == nullptr);
  routes.set(handle, a_route(9));
  routes.set(handle, a_route(2, false));
  BOOST_TEST(way_of(chain(protocol::opcode::get)) != nullptr);
  routes.set(handle, std::make_shared<route>(route{9, true, {}, {}, {}, 0, false, {}}));
  routes.set(handle, a_route(9));
  BOOST_TEST(way_of(chain()) == nullptr);
  routes.end(4'000'000'000U);  // any number may stand in a close
}

BOOST_AUTO_TEST_CASE(a_request_that_is_lost_answers_itself_once) {
  { const auto lost = arriving(chain(), sink); }
  BOOST_TEST(sink->frames.size() == 1U);
  BOOST_TEST(sink->credits == 1);
  {
    const auto served = arriving(chain(), sink);
    answer(*served, protocol::match_reply{1, 1, 0});
  }
  BOOST_TEST(sink->frames.size() == 2U);
  BOOST_TEST(sink->credits == 2);
  {
    const auto settled = arriving(protocol::release_request{}, sink);
    BOOST_TEST(settled->settle());
    BOOST_TEST(!settled->settle());
  }
  BOOST_TEST(sink->frames.size() == 2U);
  BOOST_TEST(sink->credits == 3);
}

BOOST_AUTO_TEST_CASE(segments_are_remembered_by_handle) {
  sent_segments sent;
  BOOST_TEST(sent.of(7, handle) == nullptr);
  sent.begin(7, handle);
  sent.begin(7, handle + 1);
  sent.of(7, handle)->resize(3, true);
  BOOST_TEST(sent.of(7, handle + 1)->empty());
  sent.forget(7, handle);
  BOOST_TEST(sent.of(7, handle) == nullptr);
  BOOST_TEST(sent.of(7, handle + 1) != nullptr);
  sent.forget(7);
  BOOST_TEST(sent.of(7, handle + 1) == nullptr);
}

BOOST_AUTO_TEST_SUITE_END()
