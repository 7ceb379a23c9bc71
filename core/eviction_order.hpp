// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Which blocks should go, for all namespaces: a ledger and a strategy each. It hears every
// request's effect (access_batch) and names victims; whoever owns the blocks has the last word (a
// block may be leased, pinned or have children by now) and says which victims it refused. Holds
// numbers only, never bytes or keys. Learned things stay within a namespace, so a client that
// teaches nonsense harms its own.
//
// Promises, whatever the strategy: a victim has no resident child except victims named before it; a
// switch of strategy keeps every block. Owns ledgers and strategies. One thread at a time.
#pragma once

#include "core/strategy.hpp"

#include <map>
#include <string>

namespace cellard::core {

class eviction_order {
public:
  /// @pre make_strategy knows the name
  /// Numbers of blocks are below `most_blocks`, for which address space is reserved.
  explicit eviction_order(std::string_view strategy_name,
                          std::size_t most_blocks = block_ledger::most_blocks)
    : name_(strategy_name),
      most_blocks_(most_blocks) {}

  [[nodiscard]] std::string_view name() const noexcept { return name_; }

  /// Hears of one request.
  void record(const access_batch& batch);

  /// Appends blocks of `space` in the order in which they should go, until they hold `bytes` or
  /// none is left. Chosen blocks count as gone until `refused` or `record` names them again.
  void choose(space_id space, std::uint64_t bytes, std::vector<block_name>& victims);

  /// These were not dropped: they have children, or are leased or pinned. They count as just used.
  void refused(space_id space, const std::vector<block_name>& blocks);

  /// The namespace is gone.
  void forget(space_id space) { spaces_.erase(space); }

  /// Orders all blocks anew by another strategy, beginning with the order of their last use, which
  /// it sorts. @pre make_strategy knows the name
  void exchange(std::string_view strategy_name);

  /// What is known of a namespace's blocks; null when it has heard of none.
  [[nodiscard]] const block_ledger* ledger(space_id space) const;

  /// Resident blocks of a namespace, as far as it has heard.
  [[nodiscard]] std::size_t size(space_id space) const;

  /// Heap bytes of ledgers and orders.
  [[nodiscard]] std::size_t memory_bytes() const;

private:
  struct space_order {
    space_order(std::string_view strategy_name, std::size_t most_blocks)
      : blocks(most_blocks),
        order(make_strategy(strategy_name, blocks)) {}

    void drop(node_id id, standing where);
    void restore(node_id id);

    block_ledger blocks;
    std::unique_ptr<strategy> order;
  };

  space_order& at(space_id space);

  std::string name_;
  std::size_t most_blocks_;
  std::map<space_id, std::unique_ptr<space_order>> spaces_;
};

}  // namespace cellard::core
