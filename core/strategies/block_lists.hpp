// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Doubly linked lists of block numbers for strategies: one array of links, 8 bytes a block, and any
// number of lists through it. A block is in one list at a time. Owns its memory. One thread.
#pragma once

#include "core/block_ledger.hpp"

namespace cellard::core {

struct block_list {
  node_id oldest = no_node;
  node_id newest = no_node;

  [[nodiscard]] bool empty() const noexcept { return oldest == no_node; }
};

class block_links {
public:
  /// Of blocks with numbers below `most`.
  explicit block_links(std::size_t most) : links_(most) {}

  /// @pre `id` is in no list
  void append(block_list& to, node_id id) {
    make_room(id);
    links_[id] = {to.newest, no_node};
    (to.newest == no_node ? to.oldest : links_[to.newest].newer) = id;
    to.newest = id;
  }

  /// @pre `id` is in no list
  void prepend(block_list& to, node_id id) {
    make_room(id);
    links_[id] = {no_node, to.oldest};
    (to.oldest == no_node ? to.newest : links_[to.oldest].older) = id;
    to.oldest = id;
  }

  /// @pre `id` is in this list
  void remove(block_list& from, node_id id) {
    const link gone = links_[id];
    (gone.older == no_node ? from.oldest : links_[gone.older].newer) = gone.newer;
    (gone.newer == no_node ? from.newest : links_[gone.newer].older) = gone.older;
  }

  /// `young` follows `old` in `old`, and is empty after that.
  void join(block_list& old, block_list& young) {
    if (young.empty()) {
      return;
    }
    if (old.empty()) {
      old = young;
    } else {
      links_[old.newest].newer = young.oldest;
      links_[young.oldest].older = old.newest;
      old.newest = young.newest;
    }
    young = {};
  }

  /// @pre `id` was in a list
  void prefetch(node_id id) const { __builtin_prefetch(&links_[id], 1); }

  [[nodiscard]] node_id newer(node_id id) const { return links_[id].newer; }
  [[nodiscard]] std::size_t memory_bytes() const { return links_.size() * sizeof(link); }

private:
  struct link {
    node_id older;
    node_id newer;
  };

  void make_room(node_id id) {
    if (id >= links_.size()) {
      links_.resize(std::size_t{id} + 1);
    }
  }

  growing_array<link> links_;
};

}  // namespace cellard::core
