// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "core/block_index.hpp"

#include "tests/support/keys.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <random>

namespace {

using namespace cellard::core;
using cellard::tests::key_of;

std::vector<node_id> walk(const block_index& index, const std::vector<block_key>& keys,
                          std::uint16_t salt = 0) {
  std::vector<node_id> path;
  index.walk(salt, keys, path);
  return path;
}

struct fixture {
  block_index index{10'000, hash_secret{1}};

  node_id add(std::uint64_t number, node_id parent, node_state state = node_state::visible,
              std::uint16_t salt = 0) {
    const node_id id = index.insert(salt, key_of(number), parent);
    index[id].state = state;
    return id;
  }
};

BOOST_FIXTURE_TEST_SUITE(block_index_of, fixture)

BOOST_AUTO_TEST_CASE(a_chain_is_found_as_far_as_it_goes) {
  node_id at = no_node;
  for (std::uint64_t i = 0; i < 5; ++i) {
    at = add(i, at);
  }
  BOOST_TEST(walk(index, {key_of(0), key_of(1), key_of(2), key_of(9)}).size() == 3U);
  BOOST_TEST(walk(index, {key_of(9), key_of(0)}).empty());
  BOOST_TEST(walk(index, {}).empty());
}

BOOST_AUTO_TEST_CASE(a_block_that_is_being_written_ends_the_match) {
  const node_id root = add(0, no_node);
  const node_id writing = add(1, root, node_state::writing);
  const node_id stored = add(2, writing, node_state::stored);
  static_cast<void>(stored);
  BOOST_TEST(walk(index, {key_of(0), key_of(1), key_of(2)}).size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_key_counts_only_behind_its_own_parent) {
  const node_id a = add(0, no_node);
  add(1, a);
  const node_id b = add(10, no_node);
  add(11, b);
  BOOST_TEST(walk(index, {key_of(0), key_of(11)}).size() == 1U);
}

BOOST_AUTO_TEST_CASE(branches_are_found_whichever_was_added_last) {
  const node_id root = add(0, no_node);
  for (std::uint64_t branch = 1; branch < 50; ++branch) {
    add(branch * 100 + 1, add(branch * 100, root));
  }
  for (std::uint64_t branch = 1; branch < 50; ++branch) {
    BOOST_TEST(walk(index, {key_of(0), key_of(branch * 100), key_of(branch * 100 + 1)}).size()
               == 3U);
  }
}

BOOST_AUTO_TEST_CASE(salts_are_worlds_of_their_own) {
  add(0, no_node, node_state::visible, 1);
  BOOST_TEST(walk(index, {key_of(0)}, 0).empty());
  BOOST_TEST(walk(index, {key_of(0)}, 1).size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_number_that_is_used_again_has_another_generation) {
  const node_id first = add(0, no_node);
  const auto generation = index[first].generation;
  index.erase(first);
  const node_id second = add(1, no_node);
  BOOST_TEST(second == first);
  BOOST_TEST(!index.is(second, generation));
  BOOST_TEST(index.is(second, index[second].generation));
}

BOOST_AUTO_TEST_CASE(a_full_pool_says_so) {
  block_index small{2, hash_secret{1}};
  BOOST_TEST(small.insert(0, key_of(0), no_node) == 0U);
  BOOST_TEST(small.insert(0, key_of(1), no_node) == 1U);
  BOOST_TEST(small.insert(0, key_of(2), no_node) == no_node);
}

// Against a model that keeps each node's parent key: random inserts anywhere and erases of random
// leaves.
BOOST_AUTO_TEST_CASE(behaves_like_a_map_of_parents) {
  std::mt19937 random(3);
  std::map<std::uint64_t, std::uint64_t> parent_of;  // 0 = root
  std::map<std::uint64_t, int> children_of;
  for (int step = 0; step < 20'000; ++step) {
    const std::uint64_t number = 1 + random() % 500;
    const node_id id = index.find(0, key_of(number));
    BOOST_TEST_REQUIRE((id != no_node) == parent_of.contains(number));
    if (id == no_node) {
      const std::uint64_t up = random() % 501;
      const bool hangs = parent_of.contains(up);
      add(number, hangs ? index.find(0, key_of(up)) : no_node);
      parent_of[number] = hangs ? up : 0;
      children_of[hangs ? up : 0]++;
    } else if (children_of[number] == 0) {
      BOOST_TEST_REQUIRE(index.is_leaf(id));
      index.erase(id);
      children_of[parent_of[number]]--;
      parent_of.erase(number);
    } else {
      BOOST_TEST_REQUIRE(!index.is_leaf(id));
    }
  }
  for (const auto& [number, up] : parent_of) {
    std::vector<block_key> chain;
    for (std::uint64_t at = number; at != 0; at = parent_of[at]) {
      chain.insert(chain.begin(), key_of(at));
    }
    BOOST_TEST_REQUIRE(walk(index, chain).size() == chain.size());
    BOOST_TEST_REQUIRE(index.depth(index.find(0, key_of(number))) == chain.size() - 1);
  }
}

BOOST_AUTO_TEST_CASE(a_subtree_lists_parents_before_children) {
  const node_id root = add(0, no_node);
  const node_id left = add(1, root);
  add(2, left);
  add(3, root);
  const auto all = index.subtree(root);
  BOOST_TEST(all.size() == 4U);
  BOOST_TEST(all.front() == root);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
