// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "actors/eviction.hpp"

#include "tests/unit/actors/actor_fixture.hpp"

namespace cellard::actors::testing {
namespace {

struct order_house : stepped_system {
  eviction_actor order = spawn(eviction, frozen(small_configuration()), std::uint64_t{64 * mib});

  /// Blocks 0 to count - 1 of 100 bytes each, roots all, the lowest the oldest.
  void insert(space_id space, core::node_id count) {
    for (core::node_id node = 0; node < count; ++node) {
      core::access_batch batch;
      batch.space = space;
      batch.inserted.push_back({{node, 1}, core::no_node, 100, node});
      tell(order, record_atom::value, batch);
    }
  }

  void touch(space_id space, core::node_id node) {
    core::access_batch batch;
    batch.space = space;
    batch.touched.push_back(node);
    batch.wanted = 1;
    tell(order, record_atom::value, batch);
  }

  std::vector<core::node_id> choose(space_id space, std::uint64_t bytes) {
    std::vector<core::node_id> nodes;
    const auto made = ask<core::choice>(order, choose_atom::value, space, bytes, core::ladder{});
    BOOST_TEST_REQUIRE(made.has_value());
    for (const auto& each : made->victims) {
      nodes.push_back(each.node);
    }
    return nodes;
  }
};

using nodes = std::vector<core::node_id>;

BOOST_AUTO_TEST_SUITE(eviction_test)

BOOST_AUTO_TEST_CASE(the_least_recently_used_go_first_until_the_bytes_are_there) {
  order_house house;
  house.insert(1, 5);
  house.touch(1, 0);
  BOOST_TEST(house.choose(1, 250) == (nodes{1, 2, 3}));
  BOOST_TEST(house.choose(1, 1000) == (nodes{4, 0}));
  BOOST_TEST(house.choose(1, 100) == nodes{});  // chosen blocks count as gone
}

BOOST_AUTO_TEST_CASE(what_was_refused_is_named_again) {
  order_house house;
  house.insert(1, 2);
  BOOST_TEST(house.choose(1, 100) == nodes{0});
  house.tell(house.order, refused_atom::value, space_id{1}, std::vector<core::block_name>{{0, 1}});
  auto all = house.choose(1, 1000);
  std::sort(all.begin(), all.end());
  BOOST_TEST(all == (nodes{0, 1}));
}

BOOST_AUTO_TEST_CASE(namespaces_do_not_meet_and_a_forgotten_one_is_gone) {
  order_house house;
  house.insert(1, 2);
  house.insert(2, 3);
  BOOST_TEST(house.choose(1, 1000) == (nodes{0, 1}));
  house.tell(house.order, forget_atom::value, space_id{2});
  BOOST_TEST(house.choose(2, 1000) == nodes{});
}

BOOST_AUTO_TEST_CASE(what_was_asked_for_reaches_the_forecast_found_or_not) {
  order_house house;
  const auto told = [&] {
    return house.ask<std::vector<core::space_forecast>>(house.order, forecast_atom::value).value();
  };
  space_description space;
  space.id = 1;
  space.shape = opaque(100);
  house.tell(house.order, join_atom::value, space);
  core::access_batch miss;
  miss.space = 1;
  miss.lacking = {10, 11};
  house.tell(house.order, record_atom::value, miss);  // and nothing is known of the namespace
  house.insert(1, 5);
  house.touch(1, 0);
  BOOST_TEST_REQUIRE(told().size() == 1U);
  BOOST_TEST(told().front().asked == 3);
  BOOST_TEST(told().front().hit == 1);
  BOOST_TEST(told().front().counts.at(1) == 2);
  auto off = small_configuration();
  off.statistics.forecast_memory = 0;
  house.tell(house.order, apply_atom::value, frozen(off, 2));
  BOOST_TEST(told().empty());
  house.tell(house.order, apply_atom::value, frozen(small_configuration(), 3));
  BOOST_TEST(told().size() == 1U);
  house.tell(house.order, forget_atom::value, space_id{1});
  BOOST_TEST(told().empty());
}

BOOST_AUTO_TEST_CASE(a_reload_with_the_same_strategy_keeps_the_order) {
  order_house house;
  house.insert(1, 3);
  house.touch(1, 0);
  house.tell(house.order, apply_atom::value, frozen(small_configuration(), 2));
  BOOST_TEST(house.choose(1, 1000) == (nodes{1, 2, 0}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace cellard::actors::testing
