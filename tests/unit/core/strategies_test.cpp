// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// What holds for every strategy. A new one joins by its line in core/strategies.cpp.
#include "core/eviction_order.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>

namespace {

using namespace cellard::core;

constexpr space_id space = 1;

std::vector<std::string> all_names() {
  std::vector<std::string> names;
  for (const auto name : strategy_names()) {
    names.emplace_back(name);
  }
  return names;
}

/// A cache of numbers: owns blocks as a shard does, has the last word, and checks what it is told.
class store {
public:
  store(const std::string& strategy_name, std::size_t capacity, unsigned seed)
    : order(strategy_name),
      capacity_(capacity),
      random_(seed) {}

  /// A request for a chain of a random tree; a conversation often goes on where it was.
  void request() {
    now_ += std::chrono::milliseconds(random_() % 2000);
    const std::uint64_t conversation = random_() % 40;
    const std::size_t length = 1 + random_() % 12 + conversation % 5;
    std::vector<std::uint64_t> keys;
    for (std::size_t i = 0; i < length; ++i) {
      keys.push_back(i < 3 ? i + 1 : (conversation + 1) * 1000 + i);
    }
    access_batch batch = begin();
    batch.asked = static_cast<std::uint32_t>(length);
    std::size_t at = 0;
    for (; at < length && nodes_.contains(keys[at]); ++at) {
      batch.touched.insert(batch.touched.begin(), nodes_[keys[at]].node);
    }
    batch.known = static_cast<std::uint32_t>(at);
    for (; at < length; ++at) {
      batch.inserted.push_back(insert(keys[at], at == 0 ? 0 : keys[at - 1]));
    }
    order.record(batch);
    make_room(capacity_);
  }

  void lease_some() {
    held_.clear();
    for (const auto& [key, block] : nodes_) {
      if (random_() % 8 == 0) {
        held_.insert(key);
      }
    }
  }
  void lease_all() {
    for (const auto& [key, block] : nodes_) {
      held_.insert(key);
    }
  }
  void lease_none() { held_.clear(); }

  /// Removes a block and what hangs on it, as a client may.
  void remove_some() {
    if (nodes_.empty()) {
      return;
    }
    auto at = nodes_.begin();
    std::advance(at, random_() % nodes_.size());
    access_batch batch = begin();
    drop_subtree(at->first, batch.removed);
    order.record(batch);
  }

  void make_room(std::size_t capacity) {
    // Refused ones count as just used, so a few rounds reach all others.
    for (int round = 0; round < 8 && nodes_.size() > capacity; ++round) {
      std::vector<block_name> victims;
      order.choose(space, nodes_.size() - capacity, victims);
      std::vector<block_name> refused;
      std::set<node_id> named;
      for (const block_name& victim : victims) {
        BOOST_TEST_REQUIRE(keys_.contains(victim.node));
        const std::uint64_t key = keys_[victim.node];
        BOOST_TEST_REQUIRE(nodes_[key].generation == victim.generation);
        BOOST_TEST_REQUIRE(named.insert(victim.node).second);
        for (const node_id child : children_[key]) {
          BOOST_TEST_REQUIRE(named.contains(child), "a block went before one below it");
        }
        if (held_.contains(key) || !children_of(key).empty()) {
          refused.push_back(victim);
        } else {
          log.push_back(key);
          erase(key);
        }
      }
      order.refused(space, refused);
      BOOST_TEST_REQUIRE(order.size(space) == nodes_.size());
    }
  }

  [[nodiscard]] std::size_t size() const { return nodes_.size(); }
  [[nodiscard]] std::size_t held() const { return held_.size(); }

  eviction_order order;
  std::vector<std::uint64_t> log;  ///< keys in the order in which they went

private:
  struct entry {
    node_id node;
    std::uint32_t generation;
  };

  access_batch begin() {
    access_batch batch;
    batch.space = space;
    batch.when = now_;
    return batch;
  }

  inserted_block insert(std::uint64_t key, std::uint64_t parent) {
    node_id id = next_;
    if (free_.empty()) {
      ++next_;
    } else {
      id = free_.back();
      free_.pop_back();
    }
    nodes_[key] = {id, ++generation_};
    keys_[id] = key;
    parents_[key] = parent;
    if (parent != 0) {
      children_[parent].insert(id);
    }
    return {{id, generation_}, parent == 0 ? no_node : nodes_[parent].node, 1, key};
  }

  std::set<node_id> children_of(std::uint64_t key) { return children_[key]; }

  void erase(std::uint64_t key) {
    const node_id id = nodes_[key].node;
    if (parents_[key] != 0) {
      children_[parents_[key]].erase(id);
    }
    keys_.erase(id);
    nodes_.erase(key);
    free_.push_back(id);
  }

  void drop_subtree(std::uint64_t key, std::vector<block_name>& removed) {
    for (const node_id child : children_of(key)) {
      drop_subtree(keys_[child], removed);
    }
    removed.push_back({nodes_[key].node, nodes_[key].generation});
    held_.erase(key);
    erase(key);
  }

  std::size_t capacity_;
  std::mt19937 random_;
  std::chrono::steady_clock::time_point now_{std::chrono::hours(1)};
  std::map<std::uint64_t, entry> nodes_;
  std::map<node_id, std::uint64_t> keys_;
  std::map<std::uint64_t, std::uint64_t> parents_;
  std::map<std::uint64_t, std::set<node_id>> children_;
  std::set<std::uint64_t> held_;
  std::vector<node_id> free_;
  node_id next_ = 0;
  std::uint32_t generation_ = 0;
};

/// Two chains, each longer than the cache, in turns.
void long_chains(const std::string& name, std::size_t capacity) {
  eviction_order order(name);
  constexpr node_id length = 300;
  std::vector<bool> resident(2 * length);
  access_batch batch;
  batch.space = space;
  for (int turn = 0; turn < 50; ++turn) {
    const node_id first = turn % 2 == 0 ? 0 : length;
    batch.when += std::chrono::seconds(1);
    batch.asked = length;
    batch.known = 0;
    batch.touched.clear();
    batch.inserted.clear();
    for (node_id id = first; id < first + length; ++id) {
      if (resident[id]) {
        batch.touched.insert(batch.touched.begin(), id);
      } else {
        batch.inserted.push_back({{id, 1}, id == first ? no_node : id - 1, 1, id + 1U});
      }
      resident[id] = true;
    }
    batch.known = static_cast<std::uint32_t>(batch.touched.size());
    order.record(batch);
    std::vector<block_name> victims;
    const std::size_t above = order.size(space) - std::min(order.size(space), capacity);
    order.choose(space, above, victims);
    for (const block_name& victim : victims) {
      resident[victim.node] = false;
    }
    BOOST_TEST_REQUIRE(victims.size() == above);
  }
}

/// What a busy hour brings.
void live(store& cache, int requests) {
  for (int i = 0; i < requests; ++i) {
    cache.request();
    if (i % 7 == 0) {
      cache.lease_some();
    }
    if (i % 11 == 0) {
      cache.remove_some();
    }
  }
}

BOOST_DATA_TEST_CASE(the_capacity_is_kept_and_a_chain_goes_from_its_tail,
                     boost::unit_test::data::make(all_names()), name) {
  store cache(name, 100, 1);
  for (int i = 0; i < 3000; ++i) {
    cache.request();
    BOOST_TEST_REQUIRE(cache.size() <= 100U);
  }
  BOOST_TEST(cache.size() > 90U);
}

BOOST_DATA_TEST_CASE(chains_may_be_longer_than_the_cache, boost::unit_test::data::make(all_names()),
                     name) {
  for (const std::size_t capacity : {1U, 7U, 100U, 310U}) {
    long_chains(name, capacity);
  }
}

BOOST_DATA_TEST_CASE(leased_blocks_stay_and_others_go, boost::unit_test::data::make(all_names()),
                     name) {
  store cache(name, 100, 2);
  live(cache, 3000);
  cache.lease_all();
  const std::size_t before = cache.size();
  cache.make_room(0);
  BOOST_TEST(cache.size() == before);
  cache.lease_none();
  cache.make_room(0);
  BOOST_TEST(cache.size() == 0U);
}

BOOST_DATA_TEST_CASE(the_same_load_has_the_same_victims, boost::unit_test::data::make(all_names()),
                     name) {
  store one(name, 80, 3);
  store other(name, 80, 3);
  live(one, 2000);
  live(other, 2000);
  BOOST_TEST(one.log.size() > 1000U);
  BOOST_TEST(one.log == other.log, boost::test_tools::per_element());
}

BOOST_DATA_TEST_CASE(a_switch_loses_no_block,
                     boost::unit_test::data::make(all_names())
                       * boost::unit_test::data::make(all_names()),
                     from, to) {
  store cache(from, 100, 4);
  live(cache, 1000);
  const std::size_t before = cache.size();
  cache.order.exchange(to);
  BOOST_TEST(cache.order.name() == to);
  BOOST_TEST(cache.order.size(space) == before);
  live(cache, 1000);
  cache.order.exchange(from);
  cache.lease_none();
  cache.make_room(0);
  BOOST_TEST(cache.size() == 0U);
}

BOOST_DATA_TEST_CASE(memory_is_bounded_by_what_is_resident,
                     boost::unit_test::data::make(all_names()), name) {
  // Index (64 bytes and 10 to 20 of its table) and this together stay below 200 bytes a block.
  constexpr std::size_t blocks = 200'000;
  eviction_order order(name);
  access_batch batch;
  batch.space = space;
  for (node_id id = 0; id < blocks; ++id) {
    batch.inserted.push_back(
      {{id, 1}, id % 64 == 0 ? no_node : id - 1, 1, id * 0x9e3779b97f4a7c15U});
    if (id % 64 == 63) {
      batch.when += std::chrono::milliseconds(10);
      order.record(batch);
      batch.inserted.clear();
    }
  }
  for (std::uint32_t round = 0; round < 8; ++round) {  // so that the ghosts are all there
    for (node_id first = 0; first < blocks; first += 64) {
      std::vector<block_name> victims;
      order.choose(space, 64, victims);
      batch.inserted.clear();
      for (const block_name& victim : victims) {
        batch.inserted.push_back(
          {{victim.node, victim.generation + 1},
           no_node,
           1,
           (victim.node + std::uint64_t{round + 1} * blocks) * 0x9e3779b97f4a7c15U});
      }
      order.record(batch);
    }
  }
  const auto bytes = static_cast<double>(order.memory_bytes()) / blocks;
  BOOST_TEST_MESSAGE(name << ": " << bytes << " bytes a block");
  BOOST_TEST(bytes <= 116.0);
}

}  // namespace
