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

std::size_t small_cache::serve(std::span<const sampled_block> chain, bool stored,
                               std::chrono::steady_clock::time_point when) {
  chain = chain.first(std::min(chain.size(), most_chain));
  batch_.touched.clear();
  batch_.refreshed.clear();
  batch_.inserted.clear();
  std::size_t wanted = 0;
  std::size_t missing = 0;
  node_id above = no_node;
  for (const sampled_block& each : chain) {
    wanted += each.wanted ? 1U : 0U;
    node_id id = find(each.name);
    const bool there = id != no_node;
    if (there && !batch_.inserted.empty()) {
      break;  // below one that is missing: it hung elsewhere before, and who knows the rest
    }
    if (there) {
      (each.wanted ? batch_.touched : batch_.refreshed).push_back(id);
    } else {
      id = number();
      name_of_[id] = each.name;
      names_.insert(static_cast<std::uint32_t>(each.name >> 32), id);
      batch_.inserted.push_back({{id, ++generation_}, above, each.bytes, each.name});
      bytes_ += each.bytes;
      missing += each.wanted ? 1U : 0U;
    }
    above = id;
  }
  std::reverse(batch_.touched.begin(), batch_.touched.end());
  std::reverse(batch_.refreshed.begin(), batch_.refreshed.end());
  // A put of blocks that are all new is not what asked for them.
  const bool asks = !stored || !batch_.touched.empty();
  batch_.asked = asks ? static_cast<std::uint32_t>(wanted) : 0;
  batch_.known = asks ? static_cast<std::uint32_t>(wanted - missing) : 0;
  record(when);
  make_room();
  return missing;
}

void small_cache::record(std::chrono::steady_clock::time_point when) {
  batch_.space = space;
  batch_.when = when;
  // What is above others has to end up younger, so it is told last.
  std::vector<node_id> above;
  if (!batch_.touched.empty()) {
    above.swap(batch_.refreshed);
  }
  if (!batch_.empty()) {
    order_.record(batch_);
  }
  if (!above.empty()) {
    batch_.asked = batch_.known = 0;
    batch_.inserted.clear();
    batch_.touched.clear();
    batch_.refreshed.swap(above);
    order_.record(batch_);
  }
}

void small_cache::make_room() {
  while (bytes_ > capacity_bytes_) {
    victims_.clear();
    order_.choose(space, bytes_ - capacity_bytes_, victims_);
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
