// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The offline optimum: what goes is the block whose next use is farthest away, and of blocks of one
// request the deepest. A block is never used without its parent, so this keeps the cache
// prefix-closed by itself, and for blocks of one size no other choice has more hits
// (tests/unit/replay compares with exhaustive search).
#include <queue>

#include "replay/policy.hpp"

namespace cellard::replay {
namespace {

constexpr std::uint32_t never = ~std::uint32_t{0};

struct candidate {
  std::uint32_t next;   ///< request that uses it next
  std::uint32_t depth;  ///< in its chain
  node_id block;

  bool operator<(const candidate& other) const {
    return next != other.next ? next < other.next : depth < other.depth;
  }
};

/// For each place in trace.blocks the request that uses this block next.
std::vector<std::uint32_t> next_uses(const trace& what) {
  std::vector<std::uint32_t> next(what.blocks.size());
  std::vector<std::uint32_t> seen(what.distinct(), never);
  for (std::size_t i = what.requests.size(); i-- > 0;) {
    const request& each = what.requests[i];
    for (std::size_t at = each.first; at < each.first + each.count; ++at) {
      next[at] = seen[what.blocks[at]];
      seen[what.blocks[at]] = static_cast<std::uint32_t>(i);
    }
  }
  return next;
}

}  // namespace

outcome run_belady(const trace& what, std::size_t capacity, const watcher& watch) {
  const auto next = next_uses(what);
  // By block: its next use if it is there, and 0, which no use after the first request can be, if
  // not. Candidates that do not agree with it are leftovers of earlier uses.
  std::vector<std::uint32_t> resident(what.distinct(), 0);
  std::priority_queue<candidate> farthest;
  std::size_t size = 0;
  outcome made;
  for (std::size_t i = 0; i < what.requests.size(); ++i) {
    if (watch && i % 256 == 0
        && !watch(static_cast<double>(i) / static_cast<double>(what.requests.size()))) {
      return made;
    }
    const request& each = what.requests[i];
    const auto chain = what.chain(each);
    std::size_t hits = 0;
    while (hits < chain.size() && resident[chain[hits]] != 0) {
      ++hits;
    }
    made.hits += hits;
    made.asked += chain.size();
    for (std::size_t at = 0; at < chain.size(); ++at) {
      size += resident[chain[at]] == 0 ? 1U : 0U;
      resident[chain[at]] = next[each.first + at];
      farthest.push({resident[chain[at]], static_cast<std::uint32_t>(at), chain[at]});
    }
    for (; size > capacity; farthest.pop()) {
      const candidate top = farthest.top();
      if (resident[top.block] == top.next) {
        resident[top.block] = 0;
        --size;
      }
    }
  }
  made.finished = true;
  return made;
}

}  // namespace cellard::replay
