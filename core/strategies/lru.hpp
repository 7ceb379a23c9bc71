// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Least recently used, tail first: a request moves its blocks to the recent end beginning with the
// chain's tail, so that the head ends most recent. On a prefix tree this equals leaf-only LRU
// (docs/adr/0006). 8 bytes a block beside the ledger.
#pragma once

#include "core/strategies/block_lists.hpp"
#include "core/strategy.hpp"

namespace cellard::core {

class lru final : public strategy {
public:
  explicit lru(block_ledger& blocks) : links_(blocks.most()) {}

  [[nodiscard]] std::string_view name() const override { return "lru"; }
  void insert(node_id id) override { links_.append(order_, id); }
  void touch(node_id id) override {
    links_.remove(order_, id);
    links_.append(order_, id);
  }
  void prefetch(node_id id) const override { links_.prefetch(id); }
  void erase(node_id id) override { links_.remove(order_, id); }
  [[nodiscard]] node_id victim() override { return order_.oldest; }
  [[nodiscard]] std::size_t memory_bytes() const override { return links_.memory_bytes(); }

private:
  block_links links_;
  block_list order_;
};

}  // namespace cellard::core
