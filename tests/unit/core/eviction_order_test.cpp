// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "core/eviction_order.hpp"

#include <boost/test/unit_test.hpp>

#include <list>
#include <random>

namespace {

using namespace cellard::core;

access_batch inserting(std::initializer_list<node_id> ids, std::uint32_t bytes = 10) {
  access_batch batch;
  batch.space = 1;
  for (const node_id id : ids) {
    batch.inserted.push_back({{id, 1}, no_node, bytes, 0});
  }
  return batch;
}

access_batch touching(std::initializer_list<node_id> ids) {
  access_batch batch;
  batch.space = 1;
  batch.touched = ids;
  return batch;
}

std::vector<node_id> chosen(eviction_order& order, std::uint64_t bytes) {
  std::vector<block_name> victims;
  order.choose(1, bytes, victims);
  std::vector<node_id> ids;
  for (const auto& each : victims) {
    ids.push_back(each.node);
  }
  return ids;
}

BOOST_AUTO_TEST_CASE(the_least_recently_used_goes_first) {
  eviction_order order("lru");
  order.record(inserting({4, 3, 2, 1}));
  order.record(touching({1, 3}));
  BOOST_TEST(chosen(order, 15) == (std::vector<node_id>{2, 4}));
  BOOST_TEST(chosen(order, 1000) == (std::vector<node_id>{1, 3}));
  BOOST_TEST(chosen(order, 1000).empty());
}

BOOST_AUTO_TEST_CASE(a_chain_goes_from_its_tail) {
  eviction_order order("lru");
  access_batch chain;
  chain.space = 1;
  chain.inserted = {{{7, 1}, no_node, 1, 0}, {{5, 1}, 7, 1, 0}, {{6, 1}, 5, 1, 0}};
  order.record(chain);
  BOOST_TEST(chosen(order, 3) == (std::vector<node_id>{6, 5, 7}));
}

BOOST_AUTO_TEST_CASE(a_block_above_others_is_passed_over) {
  eviction_order order("lru");
  access_batch chain;
  chain.space = 1;
  chain.inserted = {{{1, 1}, no_node, 1, 0}, {{2, 1}, 1, 1, 0}};
  order.record(chain);
  order.record(touching({2}));  // somebody asked for the tail alone
  BOOST_TEST(chosen(order, 2) == (std::vector<node_id>{2, 1}));
}

BOOST_AUTO_TEST_CASE(a_refused_victim_counts_as_just_used) {
  eviction_order order("lru");
  order.record(inserting({2, 1}));
  BOOST_TEST(chosen(order, 1) == std::vector<node_id>{1});
  order.refused(1, {{1, 1}});
  BOOST_TEST(chosen(order, 20) == (std::vector<node_id>{2, 1}));
}

BOOST_AUTO_TEST_CASE(a_removed_block_and_a_stale_refusal_are_forgotten) {
  eviction_order order("lru");
  order.record(inserting({1, 2}));
  access_batch gone;
  gone.space = 1;
  gone.removed = {{1, 1}};
  order.record(gone);
  order.refused(1, {{1, 1}, {2, 99}});
  BOOST_TEST(chosen(order, 1000) == std::vector<node_id>{2});
}

BOOST_AUTO_TEST_CASE(a_chosen_block_that_is_removed_cannot_be_refused) {
  eviction_order order("lru");
  order.record(inserting({1}));
  BOOST_TEST(chosen(order, 1) == std::vector<node_id>{1});
  access_batch gone;
  gone.space = 1;
  gone.removed = {{1, 1}};
  order.record(gone);
  order.refused(1, {{1, 1}});
  BOOST_TEST(order.size(1) == 0U);
}

BOOST_AUTO_TEST_CASE(a_switch_keeps_the_order_of_last_use_and_the_tree) {
  eviction_order order("lru");
  access_batch chain;
  chain.space = 1;
  chain.when = std::chrono::steady_clock::time_point(std::chrono::seconds(1));
  chain.inserted = {{{9, 1}, no_node, 1, 0}, {{3, 1}, 9, 1, 0}, {{4, 1}, 3, 1, 0}};
  order.record(chain);
  auto later = inserting({1});
  later.when = chain.when + std::chrono::seconds(1);
  order.record(later);
  order.exchange("lru");
  BOOST_TEST(chosen(order, 1000) == (std::vector<node_id>{4, 3, 9, 1}));
}

BOOST_AUTO_TEST_CASE(unknown_names_make_nothing) {
  block_ledger blocks;
  BOOST_TEST((make_strategy("nonsense", blocks) == nullptr));
  for (const auto name : strategy_names()) {
    BOOST_TEST(make_strategy(name, blocks)->name() == name);
  }
}

BOOST_AUTO_TEST_CASE(lru_agrees_with_a_list) {
  std::mt19937 random(5);
  eviction_order order("lru");
  std::list<node_id> model;
  for (int step = 0; step < 20'000; ++step) {
    const auto id = static_cast<node_id>(random() % 300);
    const bool known = std::find(model.begin(), model.end(), id) != model.end();
    if (random() % 4 == 0) {
      const auto victims = chosen(order, 1);
      if (model.empty()) {
        BOOST_TEST_REQUIRE(victims.empty());
      } else {
        BOOST_TEST_REQUIRE(victims == std::vector<node_id>{model.front()});
        model.pop_front();
      }
    } else if (known) {
      order.record(touching({id}));
      model.remove(id);
      model.push_back(id);
    } else {
      order.record(inserting({id}));
      model.push_back(id);
    }
  }
}

BOOST_AUTO_TEST_CASE(its_ledger_can_be_read) {
  for (const auto name : strategy_names()) {
    eviction_order order(name, 16);  // address space for so many
    BOOST_TEST(order.ledger(1) == nullptr);
    order.record(inserting({15, 3}, 7));
    BOOST_TEST_REQUIRE(order.ledger(1) != nullptr);
    BOOST_TEST(order.ledger(1)->most() == 16U);
    BOOST_TEST(order.ledger(1)->holds(3));
    BOOST_TEST((*order.ledger(1))[15].bytes == 7U);
    BOOST_TEST(!order.ledger(1)->holds(5));
  }
}

}  // namespace
