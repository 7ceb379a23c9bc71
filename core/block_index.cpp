// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "core/block_index.hpp"

namespace cellard::core {

block_index::block_index(std::uint32_t max_nodes, const hash_secret& secret)
  : secret_(secret),
    max_nodes_(max_nodes),
    nodes_(max_nodes) {
}

node_id block_index::find(std::uint16_t salt, const block_key& key) const {
  return table_.find(secret_.hash(salt, key),
                     [&](node_id id) { return nodes_[id].salt == salt && nodes_[id].key == key; });
}

node_id block_index::step(node_id from, std::uint16_t salt, const block_key& key) const {
  const node_id guess = nodes_[from].last_child;
  if (guess != no_node && nodes_[guess].key == key) {
    return guess;
  }
  const node_id found = find(salt, key);
  return found != no_node && nodes_[found].parent == from ? found : no_node;
}

void block_index::walk(std::uint16_t salt, key_span keys, std::vector<node_id>& path) const {
  node_id at = keys.empty() ? no_node : find(salt, keys.front());
  for (std::size_t i = 1; at != no_node && nodes_[at].state == node_state::visible; ++i) {
    path.push_back(at);
    at = i < keys.size() ? step(at, salt, keys[i]) : no_node;
  }
}

node_id block_index::insert(std::uint16_t salt, const block_key& key, node_id parent) {
  node_id id = first_free_;
  if (id != no_node) {
    first_free_ = nodes_[id].next;
  } else {
    if (nodes_.size() >= max_nodes_) {
      return no_node;
    }
    id = static_cast<node_id>(nodes_.size());
    nodes_.push_back(node{});
  }
  const std::uint32_t generation = nodes_[id].generation + 1;
  nodes_[id] = {key, parent, no_node, no_node, no_node, 0, 0, generation, salt, node_state::writing,
                0};
  if (parent != no_node) {
    node& up = nodes_[parent];
    nodes_[id].next = up.last_child;
    if (up.last_child != no_node) {
      nodes_[up.last_child].prev = id;
    }
    up.last_child = id;
    ++up.children;
  }
  table_.insert(secret_.hash(salt, key), id);
  return id;
}

void block_index::erase(node_id id) {
  node& gone = nodes_[id];
  if (gone.prev != no_node) {
    nodes_[gone.prev].next = gone.next;
  } else if (gone.parent != no_node) {
    nodes_[gone.parent].last_child = gone.next;
  }
  if (gone.next != no_node) {
    nodes_[gone.next].prev = gone.prev;
  }
  if (gone.parent != no_node) {
    --nodes_[gone.parent].children;
  }
  table_.erase(secret_.hash(gone.salt, gone.key), id);
  gone.state = node_state::free;
  gone.flags = 0;
  gone.next = first_free_;
  first_free_ = id;
}

std::vector<node_id> block_index::subtree(node_id id) const {
  std::vector<node_id> all{id};
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (node_id child = nodes_[all[i]].last_child; child != no_node; child = nodes_[child].next) {
      all.push_back(child);
    }
  }
  return all;
}

std::uint32_t block_index::depth(node_id id) const {
  std::uint32_t above = 0;
  for (node_id up = nodes_[id].parent; up != no_node; up = nodes_[up].parent) {
    ++above;
  }
  return above;
}

std::size_t block_index::memory_bytes() const noexcept {
  return nodes_.size() * sizeof(node) + table_.memory_bytes();
}

}  // namespace cellard::core
