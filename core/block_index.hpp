// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The chain tree of one namespace: which blocks exist, how they continue each other, and where they
// are. A dense pool of 64-byte nodes and a table from key to node (docs/adr/0003). A lookup follows
// `last_child` from the block it has just matched, and hashes a key only where that guess is wrong,
// so that a chain that was put in one go is found at a few nanoseconds a block.
//
// The tree is prefix-closed: a node's parent exists as long as the node does, so only leaves may be
// erased. A node begins `writing` (reserved, not found by lookups) and becomes `stored` (its bytes
// are there, its parent is not visible yet) or `visible`. Knows nothing of sessions, slots or
// memory. One thread at a time.
#pragma once

#include "core/block_key.hpp"
#include "core/growing_array.hpp"
#include "core/key_table.hpp"

#include <cstdint>
#include <vector>

namespace cellard::core {

using node_id = std::uint32_t;
inline constexpr node_id no_node = key_table::none;

enum class node_state : std::uint8_t { free = 0, writing = 1, stored = 2, visible = 3 };

enum node_flags : std::uint8_t { node_leased = 1, node_pinned = 2 };

struct node {
  block_key key;
  node_id parent;
  node_id last_child;
  node_id prev;  ///< sibling; in the free list: unused
  node_id next;  ///< sibling; in the free list: the next free node
  std::uint32_t children;
  std::uint32_t slot;        ///< meaning belongs to the owner (core/shard.hpp)
  std::uint32_t generation;  ///< node number + generation name a block for other actors
  std::uint16_t salt;
  node_state state;
  std::uint8_t flags;
};
static_assert(sizeof(node) == 64);

class block_index {
public:
  /// Room for `max_nodes` nodes, reserved as address space only.
  block_index(std::uint32_t max_nodes, const hash_secret& secret);

  [[nodiscard]] node_id find(std::uint16_t salt, const block_key& key) const;

  /// Appends the leading keys that are visible and continue each other to `path`. The first key may
  /// be anywhere in a chain.
  void walk(std::uint16_t salt, key_span keys, std::vector<node_id>& path) const;

  /// A new node in state `writing` under `parent` (no_node = a root); no_node when the pool is
  /// full.
  /// @pre the key is absent under this salt
  node_id insert(std::uint16_t salt, const block_key& key, node_id parent);

  /// @pre the node has no children
  void erase(node_id id);

  [[nodiscard]] node& operator[](node_id id) { return nodes_[id]; }
  [[nodiscard]] const node& operator[](node_id id) const { return nodes_[id]; }

  /// True when `id` still is the block that had this generation.
  [[nodiscard]] bool is(node_id id, std::uint32_t generation) const {
    return id < nodes_.size() && nodes_[id].state != node_state::free
           && nodes_[id].generation == generation;
  }

  [[nodiscard]] bool is_leaf(node_id id) const { return nodes_[id].children == 0; }

  /// `id` and all its descendants, each after its parent.
  [[nodiscard]] std::vector<node_id> subtree(node_id id) const;

  /// How many blocks stand before `id` in its chain.
  [[nodiscard]] std::uint32_t depth(node_id id) const;

  [[nodiscard]] std::size_t size() const noexcept { return table_.size(); }

  /// Node numbers are below this.
  [[nodiscard]] node_id end() const noexcept { return static_cast<node_id>(nodes_.size()); }

  [[nodiscard]] std::size_t memory_bytes() const noexcept;

private:
  [[nodiscard]] node_id step(node_id from, std::uint16_t salt, const block_key& key) const;

  hash_secret secret_;
  std::uint32_t max_nodes_;
  growing_array<node> nodes_;
  node_id first_free_ = no_node;
  key_table table_;
};

}  // namespace cellard::core
