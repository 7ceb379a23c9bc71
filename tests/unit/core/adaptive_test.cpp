// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// What it is for, beside what holds for every strategy (strategies_test.cpp).
#include "core/eviction_order.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <random>
#include <set>

namespace {

using namespace cellard::core;

/// Hits of a cache in which some blocks come back every minute among ever new ones that never
/// do, and that are more than it can hold.
int hits_in_a_scan(std::string_view strategy_name) {
  eviction_order order(strategy_name);
  std::set<node_id> resident;
  constexpr std::size_t capacity = 100;
  constexpr node_id regulars = 30;
  int hits = 0;
  node_id next = regulars;
  for (int second = 0; second < 6000; ++second) {
    access_batch batch;
    batch.space = 1;
    batch.when = std::chrono::steady_clock::time_point(std::chrono::seconds(second));
    std::vector<node_id> wanted{next++, next++, next++};
    if (second % 2 == 0) {
      wanted.push_back(static_cast<node_id>(second / 2) % regulars);
    }
    for (const node_id id : wanted) {
      batch.asked = 1;
      batch.known = 0;
      batch.touched.clear();
      batch.inserted.clear();
      if (resident.insert(id).second) {
        batch.inserted.push_back({{id, 1}, no_node, 1, std::uint64_t{id} * 0x9e3779b97f4a7c15U});
      } else {
        ++hits;
        batch.known = 1;
        batch.touched.push_back(id);
      }
      order.record(batch);
    }
    std::vector<block_name> victims;
    if (resident.size() > capacity) {
      order.choose(1, resident.size() - capacity, victims);
    }
    for (const block_name& victim : victims) {
      resident.erase(victim.node);
    }
  }
  return hits;
}

BOOST_AUTO_TEST_CASE(a_scan_passes_through) {
  BOOST_TEST(hits_in_a_scan("lru") == 0);
  BOOST_TEST(hits_in_a_scan("adaptive") > 2000);  // of 2970 that could be
}

BOOST_AUTO_TEST_CASE(a_use_twice_within_a_batch_and_time_that_goes_back_do_no_harm) {
  eviction_order order("adaptive");
  access_batch batch;
  batch.space = 1;
  batch.when = std::chrono::steady_clock::time_point(std::chrono::seconds(100));
  batch.inserted = {{{1, 1}, no_node, 1, 11}, {{2, 1}, 1, 1, 12}};
  order.record(batch);
  batch.inserted.clear();
  batch.touched = {2, 1, 2, 1};
  batch.when -= std::chrono::seconds(50);
  for (int i = 0; i < 20; ++i) {
    order.record(batch);
  }
  std::vector<block_name> victims;
  order.choose(1, 100, victims);
  BOOST_TEST_REQUIRE(victims.size() == 2U);
  BOOST_TEST(victims[0].node == 2U);
}

}  // namespace
