// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// In which order the blocks of one namespace go. A strategy hears what happens to each block, in
// tail-first order, and names one that should go next. What is known of the blocks themselves is in
// the ledger that it is given (core/block_ledger.hpp); its own state is an order of numbers.
//
// eviction_order calls it and keeps its promises: a block that has children is never dropped, a
// victim that was refused comes back. One thread at a time; deterministic under a given clock.
//
// A new strategy is one pair of files in core/strategies/ and one line in core/strategies.cpp.
#pragma once

#include "core/block_ledger.hpp"

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace cellard::core {

/// What is known of a request before its blocks are told. Time is the ledger's.
struct request_facts {
  std::uint32_t blocks = 0;  ///< that it named
  std::uint32_t known = 0;   ///< of these, blocks that were there
  const std::vector<inserted_block>* inserted = nullptr;
  std::size_t above = 0;  ///< blocks above the inserted ones
};

class strategy {
public:
  virtual ~strategy() = default;

  [[nodiscard]] virtual std::string_view name() const = 0;

  /// Asks for the memory that a touch of this block will need.
  virtual void prefetch(node_id) const {}
  /// A request, whose blocks follow.
  virtual void begin(const request_facts&) {}

  /// A block that has come; the ledger has it, with all that came with it.
  virtual void insert(node_id id) = 0;
  /// A victim of its own that was not dropped.
  virtual void restore(node_id id) { insert(id); }
  /// A block was used; the ledger still has what was before.
  virtual void touch(node_id id) = 0;
  /// A block that nobody asked for has to stay younger than one below it. The same as touch for
  /// whoever counts nothing.
  virtual void refresh(node_id id) { touch(id); }
  /// A block goes, because it was chosen or for another reason; the ledger still has it.
  virtual void erase(node_id id) = 0;

  /// The first child of a resident block has come; its last child has gone.
  virtual void cover(node_id) {}
  virtual void uncover(node_id) {}

  /// The block that should go next; no_node when it knows none. When it names one that has
  /// children, that one is refreshed and it is asked again.
  [[nodiscard]] virtual node_id victim() = 0;

  /// Heap bytes of the order.
  [[nodiscard]] virtual std::size_t memory_bytes() const = 0;
};

/// The strategy of that name for the blocks of a ledger, which outlives it and whose blocks it has
/// not heard of yet; null when there is none.
std::unique_ptr<strategy> make_strategy(std::string_view name, block_ledger& blocks);

/// Names that make_strategy knows.
std::vector<std::string_view> strategy_names();

}  // namespace cellard::core
