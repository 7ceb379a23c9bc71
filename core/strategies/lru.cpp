// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "core/strategies/lru.hpp"

#include <algorithm>

namespace cellard::core {
namespace {

constexpr std::size_t links_ahead = 8;  // of a chain: asked for before they are needed

}  // namespace

void lru::order::append(node_id id) {
  links[id].older = newest;
  links[id].newer = no_node;
  (newest == no_node ? oldest : links[newest].newer) = id;
  newest = id;
}

void lru::order::unlink(node_id id) {
  link& gone = links[id];
  (gone.older == no_node ? oldest : links[gone.older].newer) = gone.newer;
  (gone.newer == no_node ? newest : links[gone.newer].older) = gone.older;
  gone.older = no_node;
  gone.newer = no_node;
}

void lru::record(const access_batch& batch) {
  order& mine = orders_[batch.space];
  for (const block_name& gone : batch.removed) {
    if (gone.node < mine.links.size() && mine.links[gone.node].generation == gone.generation) {
      if (mine.holds(gone.node)) {
        mine.unlink(gone.node);
      }
      mine.links[gone.node] = {};
    }
  }
  for (const inserted_block& fresh : batch.inserted) {
    if (fresh.block.node >= mine.links.size()) {
      mine.links.resize(fresh.block.node + 1);
    }
    if (mine.holds(fresh.block.node)) {
      mine.unlink(fresh.block.node);
    }
    mine.links[fresh.block.node].bytes = std::max<std::uint32_t>(fresh.bytes, 1);
    mine.links[fresh.block.node].generation = fresh.block.generation;
    mine.append(fresh.block.node);
  }
  for (std::size_t i = 0; i < batch.touched.size(); ++i) {
    if (i + links_ahead < batch.touched.size()
        && batch.touched[i + links_ahead] < mine.links.size()) {
      __builtin_prefetch(&mine.links[batch.touched[i + links_ahead]], 1);
    }
    const node_id used = batch.touched[i];
    if (mine.holds(used)) {
      mine.unlink(used);
      mine.append(used);
    }
  }
}

void lru::choose(space_id space, std::uint64_t bytes, std::vector<block_name>& victims) {
  const auto found = orders_.find(space);
  if (found == orders_.end()) {
    return;
  }
  order& mine = found->second;
  for (std::uint64_t freed = 0; freed < bytes && mine.oldest != no_node;) {
    const node_id victim = mine.oldest;
    freed += mine.links[victim].bytes;
    victims.push_back({victim, mine.links[victim].generation});
    mine.unlink(victim);
  }
}

void lru::refused(space_id space, const std::vector<block_name>& blocks) {
  const auto found = orders_.find(space);
  if (found == orders_.end()) {
    return;
  }
  for (const block_name& block : blocks) {
    order& mine = found->second;
    if (block.node < mine.links.size() && mine.links[block.node].generation == block.generation
        && mine.links[block.node].bytes != 0 && !mine.holds(block.node)) {
      mine.append(block.node);
    }
  }
}

void lru::forget(space_id space) {
  orders_.erase(space);
}

void lru::export_order(space_id space, std::vector<inserted_block>& blocks) const {
  const auto found = orders_.find(space);
  if (found == orders_.end()) {
    return;
  }
  const order& mine = found->second;
  for (node_id id = mine.oldest; id != no_node; id = mine.links[id].newer) {
    blocks.push_back({{id, mine.links[id].generation}, no_node, mine.links[id].bytes, 0});
  }
}

std::vector<space_id> lru::spaces() const {
  std::vector<space_id> all;
  for (const auto& [space, mine] : orders_) {
    all.push_back(space);
  }
  std::sort(all.begin(), all.end());
  return all;
}

std::size_t lru::memory_bytes() const {
  std::size_t bytes = 0;
  for (const auto& [space, mine] : orders_) {
    bytes += mine.links.capacity() * sizeof(link);
  }
  return bytes;
}

}  // namespace cellard::core
