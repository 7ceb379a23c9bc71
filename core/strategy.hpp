// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// In which order blocks go. A strategy hears every request's effect (access_batch) and names
// victims; whoever owns the blocks has the last word (a block may be leased, pinned or have
// children by now) and says which victims it refused. A strategy holds numbers only, never bytes or
// keys, and keeps one order per namespace. One thread at a time; deterministic under a given clock.
//
// A new strategy is one pair of files in core/strategies/ and one line in core/strategies.cpp.
#pragma once

#include "core/access_batch.hpp"

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace cellard::core {

class strategy {
public:
  virtual ~strategy() = default;

  [[nodiscard]] virtual std::string_view name() const = 0;

  /// Hears of one request. Blocks are in tail-first order.
  virtual void record(const access_batch& batch) = 0;

  /// Appends blocks of `space` in the order in which they should go, until they hold `bytes` or
  /// none is left. Chosen blocks count as gone from the order until `refused` or `record` names
  /// them again.
  virtual void choose(space_id space, std::uint64_t bytes, std::vector<block_name>& victims) = 0;

  /// These were not dropped: they have children, or are leased or pinned.
  virtual void refused(space_id space, const std::vector<block_name>& blocks) = 0;

  /// The namespace is gone.
  virtual void forget(space_id space) = 0;

  /// Every block it knows of `space`, least wanted first, for a switch to another strategy.
  virtual void export_order(space_id space, std::vector<inserted_block>& blocks) const = 0;

  [[nodiscard]] virtual std::vector<space_id> spaces() const = 0;

  /// Heap bytes of the order.
  [[nodiscard]] virtual std::size_t memory_bytes() const = 0;
};

/// The strategy of that name; null when there is none.
std::unique_ptr<strategy> make_strategy(std::string_view name);

/// Names that make_strategy knows.
std::vector<std::string_view> strategy_names();

/// A strategy of that name that knows all blocks of `old`, in its order. @pre the name is known
std::unique_ptr<strategy> switch_strategy(const strategy& old, std::string_view name);

}  // namespace cellard::core
