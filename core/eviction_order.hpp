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
// switch of strategy keeps every block. Owns ledgers, strategies and the steps of ladders. One
// thread at a time.
//
// With a ladder (docs/adr/0034) the strategy's victims are not dropped: they fall onto steps, where
// they are to be kept in fewer bytes, and are dropped from the last one. A block on a step has no
// children but such as fell before it; it goes back to the strategy when it is used.
#pragma once

#include "core/ladder_steps.hpp"
#include "core/strategy.hpp"

#include <map>
#include <optional>
#include <string>

namespace cellard::core {

/// What one choice may do besides dropping.
struct ladder {
  unsigned steps = 0;         ///< up to ladder_steps::most; 0 = there is none
  unsigned skipped = 0;       ///< first ones, whose codec every block has when it comes
  double share = 0.25;        ///< of a namespace's bytes that a list keeps before a block falls
  std::size_t codings = 0;    ///< blocks that may be given a smaller codec
  bool drops = true;          ///< false: only codings count; when there are none left, it ends
  std::uint32_t version = 0;  ///< with another one than before, steps have other codecs
};

/// A block that is to be kept in the codec of a step.
struct lowered_block {
  block_name block;
  unsigned step = 0;
  std::uint32_t wins = 0;  ///< bytes, as far as one can tell before
};

struct choice {
  std::vector<block_name> victims;
  std::vector<lowered_block> lowered;  ///< each is taken to hold so many bytes less from now on
  bool more = false;                   ///< it ended because so many had fallen; ask again
};

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
  /// What was lowered before is dropped before the strategy is asked.
  void choose(space_id space, std::uint64_t bytes, std::vector<block_name>& victims);

  /// The same by a ladder: wins `bytes` by codings where a list has more than its share, and by
  /// dropping after that. Whoever cannot give a block its codec says so by access_batch.resized.
  /// Ends with less, too, after so many blocks fell that others would wait.
  choice choose(space_id space, std::uint64_t bytes, const ladder& by);

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
        order(make_strategy(strategy_name, blocks)),
        steps(most_blocks) {}

    void record(const access_batch& batch);
    void insert(const std::vector<inserted_block>& all);
    void remove(const block_name& gone);
    void resize(const resized_block& block);
    void drop(node_id id, standing where);
    void restore(node_id id);
    void raise(node_id id);
    void vacate(node_id id);
    [[nodiscard]] bool lowered(node_id id) const;

    node_id victim();
    bool drop_next(std::vector<block_name>& victims, std::uint64_t& won);
    [[nodiscard]] std::optional<unsigned> overfull(const ladder& by) const;
    bool fall(unsigned from, const ladder& by, choice& made, std::uint64_t& won);

    block_ledger blocks;
    std::unique_ptr<strategy> order;
    ladder_steps steps;
    std::uint32_t ladder_version = 0;
  };

  space_order& at(space_id space);
  space_order* find(space_id space) const;

  std::string name_;
  std::size_t most_blocks_;
  std::map<space_id, std::unique_ptr<space_order>> spaces_;
};

}  // namespace cellard::core
