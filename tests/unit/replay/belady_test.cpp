// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The optimum beside every possible choice, and LRU beside a plain model of it.
#include "tests/unit/replay/synthetic.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <bit>
#include <map>

#include "replay/policy.hpp"

namespace {

using namespace cellard::replay;

using resident_set = std::uint32_t;  // a bit a block

resident_set bit(node_id block) {
  return resident_set{1} << block;
}

bool is_closed(const trace& what, resident_set set) {
  for (node_id block = 0; block < what.distinct(); ++block) {
    const node_id parent = what.parents[block];
    if ((set & bit(block)) != 0 && parent != no_node && (set & bit(parent)) == 0) {
      return false;
    }
  }
  return true;
}

/// The most hits that any prefix-closed cache can have: every subset that may be kept is tried.
std::uint64_t exhaustive(const trace& what, std::size_t capacity) {
  std::map<resident_set, std::uint64_t> states{{0, 0}};
  for (const request& each : what.requests) {
    std::map<resident_set, std::uint64_t> next;
    for (const auto& [set, hits] : states) {
      std::uint64_t more = 0;
      resident_set all = set;
      for (const node_id block : what.chain(each)) {
        more += (set & bit(block)) != 0 ? 1U : 0U;
        all |= bit(block);
      }
      for (resident_set kept = all;; kept = (kept - 1) & all) {
        if (static_cast<std::size_t>(std::popcount(kept)) <= capacity && is_closed(what, kept)) {
          auto& best = next[kept];
          best = std::max(best, hits + more);
        }
        if (kept == 0) {
          break;
        }
      }
    }
    states = std::move(next);
  }
  std::uint64_t best = 0;
  for (const auto& [set, hits] : states) {
    best = std::max(best, hits);
  }
  return best;
}

/// Leaf-only LRU, written down as it is defined.
std::uint64_t leaf_lru(const trace& what, std::size_t capacity) {
  std::map<node_id, std::size_t> used;  // resident block -> when
  std::size_t clock = 0;
  std::uint64_t hits = 0;
  for (const request& each : what.requests) {
    const auto chain = what.chain(each);
    hits += static_cast<std::uint64_t>(
      std::find_if(chain.begin(), chain.end(), [&](node_id block) { return !used.contains(block); })
      - chain.begin());
    for (std::size_t i = chain.size(); i-- > 0;) {
      used[chain[i]] = ++clock;
    }
    while (used.size() > capacity) {
      auto victim = used.end();
      for (auto at = used.begin(); at != used.end(); ++at) {
        const bool leaf = std::none_of(used.begin(), used.end(), [&](const auto& other) {
          return what.parents[other.first] == at->first;
        });
        if (leaf && (victim == used.end() || at->second < victim->second)) {
          victim = at;
        }
      }
      used.erase(victim);
    }
  }
  return hits;
}

BOOST_AUTO_TEST_CASE(no_choice_has_more_hits_than_the_optimum) {
  int traces = 0;
  for (unsigned seed = 0; seed < 60; ++seed) {
    const trace what = synthetic(seed, 14, 3, 2);
    if (what.distinct() > 12) {
      continue;  // too many subsets
    }
    ++traces;
    for (std::size_t capacity = 1; capacity <= 6; ++capacity) {
      const auto best = run_policy(what, "belady", capacity).hits;
      BOOST_TEST_CONTEXT("seed " << seed << " capacity " << capacity) {
        BOOST_TEST(best == exhaustive(what, capacity));
        for (const auto& policy : policy_names()) {
          BOOST_TEST(run_policy(what, policy, capacity).hits <= best);
        }
      }
    }
  }
  BOOST_TEST(traces > 10);
}

BOOST_AUTO_TEST_CASE(lru_is_leaf_only_lru) {
  for (unsigned seed = 0; seed < 5; ++seed) {
    const trace what = synthetic(seed, 400, 12, 3);
    for (const std::size_t capacity : {1U, 5U, 20U, 60U}) {
      const auto made = run_policy(what, "lru", capacity);
      BOOST_TEST(made.hits == leaf_lru(what, capacity));
      BOOST_TEST(made.asked == what.blocks.size());
    }
  }
}

BOOST_AUTO_TEST_CASE(with_room_for_all_every_policy_hits_what_it_saw_before) {
  const trace what = synthetic(7, 500, 20, 2);
  for (const auto& policy : policy_names()) {
    const auto made = run_policy(what, policy, what.distinct());
    BOOST_TEST(made.hits == what.blocks.size() - what.distinct(), policy);
  }
}

BOOST_AUTO_TEST_CASE(a_run_can_be_stopped) {
  const trace what = synthetic(7, 500, 20, 2);
  BOOST_TEST(!run_policy(what, "lru", 10, [](double share) { return share < 0.5; }).finished);
  BOOST_TEST(run_policy(what, "lru", 10, [](double) { return true; }).finished);
}

}  // namespace
