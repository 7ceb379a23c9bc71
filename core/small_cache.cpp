// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "core/small_cache.hpp"

#include <algorithm>

namespace cellard::core {

small_cache::small_cache(std::string_view strategy, std::uint64_t capacity_bytes,
                         std::size_t most_blocks)
  : capacity_bytes_(capacity_bytes),
    order_(strategy, most_blocks + most_chain + 1) {
}

node_id small_cache::find(std::uint64_t name) const {
  return names_.find(static_cast<std::uint32_t>(name >> 32),
                     [&](node_id id) { return name_of_[id] == name; });
}

node_id small_cache::number() {
  if (free_.empty()) {
    name_of_.push_back(0);
    return end_++;
  }
  const node_id id = free_.back();
  free_.pop_back();
  return id;
}

/// Keeps the memory of the last one.
void small_cache::begin_batch() {
  batch_.asked = batch_.known = 0;
  batch_.touched.clear();
  batch_.refreshed.clear();
  batch_.inserted.clear();
  batch_.resized.clear();
}

node_id small_cache::store(const sampled_block& fresh, node_id above) {
  const node_id id = number();
  name_of_[id] = fresh.name;
  names_.insert(static_cast<std::uint32_t>(fresh.name >> 32), id);
  batch_.inserted.push_back({{id, ++generation_}, above, fresh.bytes, fresh.name});
  bytes_ += fresh.bytes;
  return id;
}

std::size_t small_cache::serve(std::span<const sampled_block> chain,
                               std::chrono::steady_clock::time_point when) {
  chain = chain.first(std::min(chain.size(), most_chain));
  begin_batch();
  std::size_t wanted = 0;
  std::size_t hits = 0;
  node_id above = no_node;
  bool ended = false;
  for (const sampled_block& each : chain) {
    wanted += each.wanted ? 1U : 0U;
    batch_.asked += each.used ? 1U : 0U;
    if (ended) {
      continue;
    }
    const node_id id = find(each.name);
    if (id != no_node && batch_.inserted.empty()) {
      (each.used ? batch_.touched : batch_.refreshed).push_back(id);
      batch_.known += each.used ? 1U : 0U;
      hits += each.wanted ? 1U : 0U;
      above = id;
    } else if (id == no_node && each.brought) {
      above = store(each, above);
    } else {
      ended = true;  // nobody brings it; or it hung elsewhere before, and who knows the rest
    }
  }
  // Tails first, so that heads end up younger.
  std::reverse(batch_.touched.begin(), batch_.touched.end());
  std::reverse(batch_.refreshed.begin(), batch_.refreshed.end());
  record(when);
  make_room();
  return wanted - hits;
}

void small_cache::record(std::chrono::steady_clock::time_point when) {
  batch_.space = space;
  batch_.when = when;
  // A put of what is there already changes nothing in a real cache either.
  if (!batch_.inserted.empty() || !batch_.touched.empty()) {
    order_.record(batch_);
  }
}

void small_cache::resize(std::uint64_t name, std::uint32_t bytes) {
  const node_id id = find(name);
  if (id == no_node) {
    return;
  }
  const known_block& block = (*order_.ledger(space))[id];
  begin_batch();
  batch_.resized.push_back({{id, block.generation}, bytes});
  bytes_ = bytes_ - block.bytes + bytes;
  order_.record(batch_);
  make_room();
}

void small_cache::make_room() {
  while (bytes_ > capacity_bytes_) {
    victims_.clear();
    order_.choose(space, bytes_ - capacity_bytes_, victims_);
    was_full_ = true;
    if (victims_.empty()) {
      return;
    }
    for (const block_name& victim : victims_) {
      const std::uint64_t name = name_of_[victim.node];
      bytes_ -= (*order_.ledger(space))[victim.node].bytes;
      names_.erase(static_cast<std::uint32_t>(name >> 32), victim.node);
      free_.push_back(victim.node);
    }
  }
}

std::size_t small_cache::memory_bytes() const {
  return order_.memory_bytes() + names_.memory_bytes() + name_of_.capacity() * sizeof(std::uint64_t)
         + (free_.capacity() + batch_.touched.capacity()) * sizeof(node_id)
         + batch_.inserted.capacity() * sizeof(inserted_block);
}

}  // namespace cellard::core
