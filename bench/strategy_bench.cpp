// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// What a strategy costs: processor nanoseconds a block access and bytes a block with a hundred
// thousand, a million and ten million blocks. Requests for 64 blocks in turns: one that finds all
// of a random chain, one that stores a new chain, for which as many blocks are chosen and go.
// Ghosts are full when measuring begins. Bytes are of ledger, order and ghosts; the index has 64
// and 10 to 20 of its table beside.
#include "bench/support/rows.hpp"
#include "core/eviction_order.hpp"

#include <fmt/format.h>

#include <chrono>
#include <ctime>
#include <random>

namespace {

using namespace cellard::core;

constexpr node_id chain_blocks = 64;
constexpr double most_ns = 1000;
constexpr double most_bytes = 200 - 64 - 20;  // what the index leaves of 200

/// Of this process, so that others' load counts less.
double processor_ns() {
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) * 1e9 + static_cast<double>(used.tv_nsec);
}

class load {
public:
  load(std::string_view strategy_name, node_id blocks)
    : order_(strategy_name),
      parents_(blocks, no_node),
      generations_(blocks, 0),
      random_(1) {
    for (node_id first = 0; first + chain_blocks <= blocks; first += chain_blocks) {
      for (node_id id = first; id < first + chain_blocks; ++id) {
        free_.push_back(id);
      }
      store();
    }
  }

  /// Block accesses that were made.
  std::size_t turn() {
    find();
    victims_.clear();
    order_.choose(1, chain_blocks, victims_);
    for (const block_name& victim : victims_) {
      free_.push_back(victim.node);
    }
    store();
    return 2 * chain_blocks;
  }

  [[nodiscard]] std::size_t memory_bytes() const { return order_.memory_bytes(); }

private:
  void begin() {
    batch_.space = 1;
    batch_.when += std::chrono::milliseconds(7);
    batch_.asked = chain_blocks;
    batch_.known = 0;
    batch_.touched.clear();
    batch_.inserted.clear();
  }

  void store() {
    begin();
    node_id parent = no_node;
    for (const node_id id : free_) {
      parents_[id] = parent;
      const std::uint64_t fingerprint = ++stored_ * 0x9e3779b97f4a7c15U;
      batch_.inserted.push_back({{id, ++generations_[id]}, parent, 1, fingerprint});
      parent = id;
    }
    free_.clear();
    order_.record(batch_);
  }

  void find() {
    begin();
    auto at = static_cast<node_id>(random_() % parents_.size());
    for (; at != no_node && batch_.touched.size() < chain_blocks; at = parents_[at]) {
      batch_.touched.push_back(at);
    }
    batch_.asked = batch_.known = static_cast<std::uint32_t>(batch_.touched.size());
    order_.record(batch_);
  }

  eviction_order order_;
  std::vector<node_id> parents_;
  std::vector<std::uint32_t> generations_;
  std::vector<node_id> free_;
  std::vector<block_name> victims_;
  access_batch batch_;
  std::mt19937_64 random_;
  std::uint64_t stored_ = 0;
};

void measure(std::string_view strategy_name, node_id blocks) {
  load made(strategy_name, blocks);
  for (std::size_t stored = 0; stored < std::size_t{4} * blocks; stored += chain_blocks) {
    made.turn();
  }
  std::size_t accesses = 0;
  const double began = processor_ns();
  while (accesses < 4'000'000) {
    accesses += made.turn();
  }
  const double took = processor_ns() - began;
  const auto name = fmt::format("strategy {} {:.0e} blocks", strategy_name, double{1} * blocks);
  cellard::bench::at_most(name, took / static_cast<double>(accesses), "ns/access", most_ns);
  cellard::bench::at_most(name, static_cast<double>(made.memory_bytes()) / blocks, "bytes/block",
                          most_bytes);
}

}  // namespace

int main() {
  for (const node_id blocks : {100'000U, 1'000'000U, 10'000'000U}) {
    for (const auto name : strategy_names()) {
      measure(name, blocks);
    }
  }
}
