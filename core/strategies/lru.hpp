// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Least recently used, tail first: a request moves its blocks to the recent end beginning with the
// chain's tail, so that the head ends most recent. On a prefix tree this equals leaf-only LRU
// (docs/adr/0006): the block at the old end is always a leaf, unless a client asked for the middle
// of a chain without its head; then the owner refuses it and it counts as just used.
//
// 16 bytes a block: a doubly linked list by block number in an array of its namespace.
#pragma once

#include "core/strategy.hpp"

#include <unordered_map>
#include <vector>

namespace cellard::core {

class lru final : public strategy {
public:
  [[nodiscard]] std::string_view name() const override { return "lru"; }
  void record(const access_batch& batch) override;
  void choose(space_id space, std::uint64_t bytes, std::vector<block_name>& victims) override;
  void refused(space_id space, const std::vector<block_name>& blocks) override;
  void forget(space_id space) override;
  void export_order(space_id space, std::vector<inserted_block>& blocks) const override;
  [[nodiscard]] std::vector<space_id> spaces() const override;
  [[nodiscard]] std::size_t memory_bytes() const override;

private:
  struct link {
    node_id older = no_node;
    node_id newer = no_node;
    std::uint32_t bytes = 0;  ///< 0 = this number is not a block
    std::uint32_t generation = 0;
  };

  struct order {
    std::vector<link> links;
    node_id oldest = no_node;
    node_id newest = no_node;

    void append(node_id id);
    void unlink(node_id id);
    [[nodiscard]] bool holds(node_id id) const {
      return id < links.size() && links[id].bytes != 0
             && (links[id].newer != no_node || links[id].older != no_node || newest == id);
    }
  };

  std::unordered_map<space_id, order> orders_;
};

}  // namespace cellard::core
