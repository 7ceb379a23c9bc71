// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The ladder as eviction_order keeps it: who falls, who is dropped, who comes back.
#include "core/eviction_order.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <random>
#include <set>

namespace {

using namespace cellard::core;
using nodes = std::vector<node_id>;

constexpr std::uint32_t raw_bytes = 64;

access_batch inserting(const std::vector<std::pair<node_id, node_id>>& blocks_and_parents) {
  access_batch batch;
  batch.space = 1;
  for (const auto& [id, parent] : blocks_and_parents) {
    batch.inserted.push_back({{id, 1}, parent, raw_bytes, id});
  }
  return batch;
}

/// Blocks 0 to `count` - 1 without parents, the first one oldest.
void fill(eviction_order& order, node_id count) {
  for (node_id id = 0; id < count; ++id) {
    order.record(inserting({{id, no_node}}));
  }
}

access_batch touching(nodes ids) {
  access_batch batch;
  batch.space = 1;
  batch.touched = std::move(ids);
  return batch;
}

nodes ids_of(const std::vector<block_name>& names) {
  nodes ids;
  for (const auto& each : names) {
    ids.push_back(each.node);
  }
  return ids;
}

nodes lowered_to(unsigned step, const choice& made) {
  nodes ids;
  for (const auto& each : made.lowered) {
    if (each.step == step) {
      ids.push_back(each.block.node);
    }
  }
  return ids;
}

nodes dropped(eviction_order& order, std::uint64_t bytes) {
  std::vector<block_name> victims;
  order.choose(1, bytes, victims);
  return ids_of(victims);
}

ladder two_steps(std::size_t codings = 1000) {
  return {2, 0, 0.25, codings, true};
}

BOOST_AUTO_TEST_CASE(the_oldest_falls_and_wins_half_of_its_bytes) {
  eviction_order order("lru");
  fill(order, 8);
  const auto made = order.choose(1, raw_bytes, two_steps());
  BOOST_TEST(made.victims.empty());
  BOOST_TEST(lowered_to(1, made) == (nodes{0, 1}));
  BOOST_TEST(order.size(1) == 8U);
  BOOST_TEST((*order.ledger(1))[0].bytes == raw_bytes / 2);
}

BOOST_AUTO_TEST_CASE(what_has_its_share_lets_the_next_step_fall_and_the_last_one_drops) {
  eviction_order order("lru");
  fill(order, 16);
  std::map<node_id, unsigned> step;
  for (;;) {
    const auto made = order.choose(1, 1, two_steps());
    for (const auto& each : made.lowered) {
      BOOST_TEST(each.step == step[each.block.node] + 1);
      step[each.block.node] = each.step;
    }
    if (!made.victims.empty()) {
      BOOST_TEST(ids_of(made.victims) == nodes{0});
      break;
    }
  }
  const auto count = [&](unsigned wanted) {
    node_id blocks = 0;
    for (node_id id = 0; id < 16; ++id) {
      blocks += step[id] == wanted ? 1U : 0U;
    }
    return blocks;
  };
  // 64, 64 and 208 bytes: one more of the first or the second were more than a quarter.
  BOOST_TEST(count(0) == 1U);
  BOOST_TEST(count(1) == 2U);
  BOOST_TEST(count(2) == 13U);
}

BOOST_AUTO_TEST_CASE(a_block_that_is_used_goes_back_to_the_strategy_with_what_is_above_it) {
  eviction_order order("lru");
  order.record(inserting({{0, no_node}, {1, 0}, {2, 1}}));
  order.record(inserting({{3, no_node}}));
  BOOST_TEST(lowered_to(1, order.choose(1, 3 * raw_bytes / 2, {1, 0, 0.0, 3, true}))
             == (nodes{2, 1, 0}));
  order.record(touching({1}));
  BOOST_TEST(dropped(order, 1) == nodes{2});  // still on its step, which goes first
  BOOST_TEST(dropped(order, 1000) == (nodes{3, 1, 0}));
}

BOOST_AUTO_TEST_CASE(a_child_that_comes_lifts_its_parent) {
  eviction_order order("lru");
  order.record(inserting({{0, no_node}}));
  BOOST_TEST(lowered_to(1, order.choose(1, 1, two_steps())) == nodes{0});
  order.record(inserting({{1, 0}}));
  BOOST_TEST(dropped(order, 1000) == (nodes{1, 0}));
}

BOOST_AUTO_TEST_CASE(a_refused_victim_of_a_step_goes_back_with_what_is_above_it) {
  eviction_order order("lru");
  order.record(inserting({{0, no_node}, {1, 0}}));
  const ladder by{1, 0, 0.0, 2, true};
  BOOST_TEST(lowered_to(1, order.choose(1, raw_bytes, by)) == (nodes{1, 0}));
  BOOST_TEST(dropped(order, 1) == nodes{1});
  order.refused(1, {{1, 1}});
  order.record(inserting({{2, no_node}}));
  BOOST_TEST(dropped(order, 1000) == (nodes{1, 0, 2}));
}

BOOST_AUTO_TEST_CASE(no_step_s_codec_is_given_twice) {
  eviction_order order("lru");
  order.record(inserting({{0, no_node}}));
  BOOST_TEST(order.choose(1, 1, two_steps()).lowered.size() == 1U);
  order.record(touching({0}));
  const auto again = order.choose(1, 1, {1, 0, 0.0, 9, false});
  BOOST_TEST(again.lowered.empty());
  BOOST_TEST(again.victims.empty());
  // A new block under its number is raw.
  access_batch gone;
  gone.space = 1;
  gone.removed = {{0, 1}};
  order.record(gone);
  order.record(inserting({{0, no_node}}));
  BOOST_TEST(order.choose(1, 1, two_steps()).lowered.size() == 1U);
}

BOOST_AUTO_TEST_CASE(another_ladder_s_codecs_are_given_once_more) {
  eviction_order order("lru");
  fill(order, 1);
  BOOST_TEST(order.choose(1, 1, {1, 0, 0.0, 9, false, 1}).lowered.size() == 1U);
  order.record(touching({0}));
  BOOST_TEST(order.choose(1, 1, {1, 0, 0.0, 9, false, 1}).lowered.empty());
  order.record(touching({0}));
  BOOST_TEST(order.choose(1, 1, {1, 0, 0.0, 9, false, 2}).lowered.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_choice_ends_after_many_falls_and_says_so) {
  eviction_order order("lru");
  fill(order, 40'000);
  const ladder by{2, 1, 0.25, 100, false};  // the first step wins nothing
  auto made = order.choose(1, 1000, by);
  BOOST_TEST(made.more);
  BOOST_TEST(made.lowered.empty());
  made = order.choose(1, 1000, by);
  BOOST_TEST(!made.lowered.empty());
}

BOOST_AUTO_TEST_CASE(steps_whose_codec_all_blocks_have_are_lists_only) {
  eviction_order order("lru");
  fill(order, 4);
  const auto made = order.choose(1, 1000, {2, 1, 0.25, 100, false});
  BOOST_TEST(lowered_to(1, made).empty());
  BOOST_TEST(!lowered_to(2, made).empty());
}

BOOST_AUTO_TEST_CASE(without_codings_nothing_is_won_unless_it_may_drop) {
  eviction_order order("lru");
  fill(order, 8);
  auto by = two_steps(0);
  by.drops = false;
  const auto none = order.choose(1, raw_bytes, by);
  BOOST_TEST(none.victims.empty());
  BOOST_TEST(none.lowered.empty());
  BOOST_TEST(ids_of(order.choose(1, raw_bytes, two_steps(0)).victims) == nodes{0});
}

BOOST_AUTO_TEST_CASE(true_sizes_are_told_later) {
  eviction_order order("lru");
  fill(order, 2);
  BOOST_TEST(lowered_to(1, order.choose(1, 1, two_steps())) == nodes{0});
  access_batch truth;
  truth.space = 1;
  truth.resized = {{{0, 1}, 20}, {{1, 1}, 10}};
  order.record(truth);
  BOOST_TEST((*order.ledger(1))[0].bytes == 20U);
  BOOST_TEST(order.ledger(1)->bytes() == 10U);
  BOOST_TEST(dropped(order, 20) == nodes{0});
}

BOOST_AUTO_TEST_CASE(a_switch_of_strategy_leaves_the_steps_alone) {
  eviction_order order("lru");
  fill(order, 8);
  const auto before = order.choose(1, raw_bytes, two_steps());
  BOOST_TEST(lowered_to(1, before) == (nodes{0, 1}));
  order.exchange("lfu");
  BOOST_TEST(order.size(1) == 8U);
  BOOST_TEST(dropped(order, raw_bytes) == (nodes{0, 1}));
}

BOOST_AUTO_TEST_CASE(a_shorter_ladder_drops_from_the_steps_it_had) {
  eviction_order order("lru");
  fill(order, 3);
  order.choose(1, 1000, {2, 0, 0.0, 3, false});
  BOOST_TEST(ids_of(order.choose(1, 1, ladder{}).victims) == nodes{0});
}

/// What a random load does, by a tree of its own.
class model {
public:
  explicit model(std::string_view strategy) : order(strategy) {}

  void step() {
    access_batch batch;
    batch.space = 1;
    batch.when = std::chrono::steady_clock::time_point(std::chrono::milliseconds(++time_ * 40));
    switch (random_() % 8) {
    case 0:
    case 1:
    case 2:
      insert(batch);
      break;
    case 3:
      if (const node_id id = any(); id != no_node) {
        remove(id, batch);
      }
      break;
    case 4:
      if (const node_id id = any(); id != no_node) {
        batch.resized.push_back(
          {{id, tree[id].generation}, static_cast<std::uint32_t>(1 + random_() % 90)});
      }
      break;
    default:
      for (node_id id = any(); id != no_node; id = tree[id].parent) {
        batch.touched.push_back(id);
      }
    }
    order.record(batch);
    if (random_() % 16 == 0) {
      order.exchange(strategy_names()[random_() % strategy_names().size()]);
    }
    if (tree.size() > 40) {
      check(
        order.choose(1, 100 + random_() % 400,
                     {static_cast<unsigned>(random_() % 4), static_cast<unsigned>(random_() % 2),
                      0.25, random_() % 6, random_() % 3 != 0}));
    }
    BOOST_TEST_REQUIRE(order.size(1) == tree.size());
  }

  eviction_order order;

private:
  struct known {
    node_id parent = no_node;
    std::uint32_t generation = 0;
    unsigned step = 0;
    std::size_t children = 0;
  };

  node_id any() {
    if (tree.empty()) {
      return no_node;
    }
    auto at = tree.begin();
    std::advance(at, random_() % tree.size());
    return at->first;
  }

  void insert(access_batch& batch) {
    node_id parent = random_() % 4 == 0 ? no_node : any();
    const node_id refreshed = parent;
    for (unsigned i = 0; i <= random_() % 4; ++i) {
      node_id id = 0;
      while (tree.contains(id)) {
        ++id;
      }
      tree[id] = {parent, ++generation_, 0, 0};
      if (parent != no_node) {
        ++tree[parent].children;
      }
      batch.inserted.push_back({{id, generation_}, parent, raw_bytes, id});
      parent = id;
    }
    for (node_id id = refreshed; id != no_node; id = tree[id].parent) {
      batch.refreshed.push_back(id);
    }
  }

  void remove(node_id id, access_batch& batch) {
    nodes doomed{id};
    for (std::size_t i = 0; i < doomed.size(); ++i) {
      for (const auto& [child, what] : tree) {
        if (what.parent == doomed[i]) {
          doomed.push_back(child);
        }
      }
    }
    for (auto each = doomed.rbegin(); each != doomed.rend(); ++each) {
      batch.removed.push_back({*each, tree[*each].generation});
      erase(*each);
    }
  }

  void erase(node_id id) {
    if (const node_id parent = tree[id].parent; parent != no_node) {
      --tree[parent].children;
    }
    tree.erase(id);
  }

  void check(const choice& made) {
    for (const auto& each : made.lowered) {
      BOOST_TEST_REQUIRE(tree.contains(each.block.node));
      auto& mine = tree[each.block.node];
      BOOST_TEST(mine.generation == each.block.generation);
      BOOST_TEST(each.step > mine.step);
      mine.step = each.step;
    }
    std::vector<block_name> refused;
    for (const auto& each : made.victims) {
      BOOST_TEST_REQUIRE(tree.contains(each.node));
      BOOST_TEST(tree[each.node].generation == each.generation);
      // Those after a refused one may be above it.
      BOOST_TEST((tree[each.node].children == 0 || !refused.empty()));
      if (tree[each.node].children > 0 || random_() % 8 == 0) {
        refused.push_back(each);
      } else {
        erase(each.node);
      }
    }
    order.refused(1, refused);
  }

  std::map<node_id, known> tree;
  std::mt19937 random_{11};
  std::uint32_t generation_ = 0;
  std::int64_t time_ = 0;
};

BOOST_AUTO_TEST_CASE(no_load_makes_it_lose_a_block_or_drop_a_parent) {
  for (const auto strategy : strategy_names()) {
    BOOST_TEST_CONTEXT(strategy) {
      model load(strategy);
      for (int i = 0; i < 6000; ++i) {
        load.step();
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(by_lru_a_ladder_without_codings_drops_what_lru_drops) {
  eviction_order plain("lru");
  eviction_order laddered("lru");
  std::mt19937 random(5);
  node_id next = 0;
  std::set<node_id> alive;
  for (int i = 0; i < 5000; ++i) {
    access_batch batch;
    batch.space = 1;
    if (random() % 2 == 0 || alive.empty()) {
      batch.inserted.push_back({{next, 1}, no_node, raw_bytes, next});
      alive.insert(next++);
    } else {
      auto at = alive.begin();
      std::advance(at, random() % alive.size());
      batch.touched = {*at};
    }
    plain.record(batch);
    laddered.record(batch);
    if (alive.size() > 30) {
      const auto gone = dropped(plain, 3 * raw_bytes);
      BOOST_TEST(ids_of(laddered.choose(1, 3 * raw_bytes, two_steps(0)).victims) == gone);
      for (const node_id id : gone) {
        alive.erase(id);
      }
    }
  }
}

}  // namespace
