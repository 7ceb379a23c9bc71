// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Least frequently used with dynamic aging, tail first: a block's priority is how often it was used
// plus the priority of what was chosen last, so that what was popular long ago is overtaken.
// Without the aging it fills up with the past. Of equal ones the least recently used goes first.
//
// Blocks of one priority are in one list, and the lists in a tree: 16 bytes a block.
#pragma once

#include "core/strategies/block_lists.hpp"
#include "core/strategy.hpp"

#include <algorithm>
#include <map>

namespace cellard::core {

class lfu final : public strategy {
public:
  explicit lfu(block_ledger& blocks)
    : blocks_(blocks),
      links_(blocks.most()),
      priorities_(blocks.most()) {}

  [[nodiscard]] std::string_view name() const override { return "lfu"; }
  void insert(node_id id) override { place(id, age_ + blocks_[id].uses); }
  void touch(node_id id) override { move(id, age_ + blocks_[id].uses + 1U); }
  void refresh(node_id id) override {
    move(id, std::max(priorities_[id], age_ + blocks_[id].uses));
  }
  void erase(node_id id) override {
    const auto list = lists_.find(priorities_[id]);
    links_.remove(list->second, id);
    if (list->second.empty()) {
      lists_.erase(list);
    }
  }
  [[nodiscard]] node_id victim() override {
    if (lists_.empty()) {
      return no_node;
    }
    age_ = lists_.begin()->first;
    return lists_.begin()->second.oldest;
  }
  [[nodiscard]] std::size_t memory_bytes() const override {
    return links_.memory_bytes() + priorities_.size() * sizeof(std::uint64_t)
           + lists_.size() * list_bytes;
  }

private:
  static constexpr std::size_t list_bytes = 64;  // a node of the tree, about

  void place(node_id id, std::uint64_t priority) {
    if (id >= priorities_.size()) {
      priorities_.resize(std::size_t{id} + 1);
    }
    priorities_[id] = priority;
    links_.append(lists_[priority], id);
  }
  void move(node_id id, std::uint64_t priority) {
    erase(id);
    place(id, priority);
  }

  block_ledger& blocks_;
  block_links links_;
  growing_array<std::uint64_t> priorities_;
  std::map<std::uint64_t, block_list> lists_;
  std::uint64_t age_ = 0;  ///< priority of what was chosen last
};

}  // namespace cellard::core
