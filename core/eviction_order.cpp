// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "core/eviction_order.hpp"

#include <algorithm>

namespace cellard::core {
namespace {

// Blocks of a chain whose memory is asked for before it is needed: the ledger's, then the order's.
constexpr std::size_t far_ahead = 16;
constexpr std::size_t near_ahead = 8;

tick ticks_of(std::chrono::steady_clock::time_point when) {
  using ticks = std::chrono::duration<std::int64_t, std::ratio<1, ticks_per_second>>;
  return static_cast<tick>(std::chrono::duration_cast<ticks>(when.time_since_epoch()).count());
}

/// All resident blocks by last use, a block before its parent.
std::vector<node_id> by_last_use(const block_ledger& blocks) {
  std::vector<node_id> all;
  all.reserve(blocks.size());
  std::vector<std::uint32_t> depth(blocks.end(), 0);
  std::vector<node_id> path;
  for (node_id id = 0; id < blocks.end(); ++id) {
    if (!blocks.holds(id)) {
      continue;
    }
    all.push_back(id);
    path.clear();
    node_id at = id;
    for (; at < blocks.end() && depth[at] == 0; at = blocks[at].parent) {
      path.push_back(at);
    }
    std::uint32_t above = at < blocks.end() ? depth[at] : 0;
    for (auto each = path.rbegin(); each != path.rend(); ++each) {
      depth[*each] = ++above;
    }
  }
  std::sort(all.begin(), all.end(), [&](node_id left, node_id right) {
    const tick old_left = blocks.age(left);
    const tick old_right = blocks.age(right);
    if (old_left != old_right) {
      return old_left > old_right;
    }
    return depth[left] != depth[right] ? depth[left] > depth[right] : left < right;
  });
  return all;
}

}  // namespace

eviction_order::space_order& eviction_order::at(space_id space) {
  auto& found = spaces_[space];
  if (!found) {
    found = std::make_unique<space_order>(name_, most_blocks_);
  }
  return *found;
}

void eviction_order::space_order::drop(node_id id, standing where) {
  order->erase(id);
  const bool uncovered = blocks.take(id, where);
  if (uncovered && blocks.holds(blocks[id].parent)) {
    order->uncover(blocks[id].parent);
  }
}

void eviction_order::space_order::restore(node_id id) {
  const bool covered = blocks.restore(id);
  if (covered && blocks.holds(blocks[id].parent)) {
    order->cover(blocks[id].parent);
  }
  order->restore(id);
}

void eviction_order::record(const access_batch& batch) {
  space_order& mine = at(batch.space);
  block_ledger& blocks = mine.blocks;
  blocks.set_now(ticks_of(batch.when));
  for (const block_name& gone : batch.removed) {
    if (blocks.is(gone, standing::resident)) {
      mine.drop(gone.node, standing::unknown);
    } else if (blocks.is(gone, standing::chosen)) {
      blocks.forget(gone.node);
    }
  }
  mine.order->begin({batch.asked, batch.known, &batch.inserted, batch.refreshed.size()});
  for (const inserted_block& fresh : batch.inserted) {
    if (blocks.holds(fresh.block.node)) {  // its number was given away, and nobody told us
      mine.drop(fresh.block.node, standing::unknown);
    }
    if (blocks.add(fresh) && blocks.holds(fresh.parent)) {
      mine.order->cover(fresh.parent);
    }
  }
  for (auto fresh = batch.inserted.rbegin(); fresh != batch.inserted.rend(); ++fresh) {
    blocks.settle(fresh->block.node);
    mine.order->insert(fresh->block.node);
  }
  for (const resized_block& each : batch.resized) {
    if (blocks.is(each.block, standing::resident)) {
      blocks.set_bytes(each.block.node, std::max<std::uint32_t>(each.bytes, 1));
    }
  }
  for (const node_id above : batch.refreshed) {
    if (blocks.holds(above)) {
      mine.order->refresh(above);
      blocks.note_refresh(above);
    }
  }
  for (std::size_t i = 0; i < batch.touched.size(); ++i) {
    if (i + far_ahead < batch.touched.size()) {
      blocks.prefetch(batch.touched[i + far_ahead]);
    }
    if (i + near_ahead < batch.touched.size() && blocks.holds(batch.touched[i + near_ahead])) {
      mine.order->prefetch(batch.touched[i + near_ahead]);
    }
    const node_id used = batch.touched[i];
    if (blocks.holds(used)) {
      mine.order->touch(used);
      blocks.note_use(used);
    }
  }
}

void eviction_order::choose(space_id space, std::uint64_t bytes, std::vector<block_name>& victims) {
  const auto found = spaces_.find(space);
  if (found == spaces_.end()) {
    return;
  }
  space_order& mine = *found->second;
  for (std::uint64_t freed = 0; freed < bytes;) {
    node_id victim = mine.order->victim();
    while (victim != no_node && !mine.blocks.is_leaf(victim)) {
      mine.order->refresh(victim);
      mine.blocks.note_refresh(victim);
      victim = mine.order->victim();
    }
    if (victim == no_node) {
      return;
    }
    freed += mine.blocks[victim].bytes;
    victims.push_back({victim, mine.blocks[victim].generation});
    mine.drop(victim, standing::chosen);
  }
}

void eviction_order::refused(space_id space, const std::vector<block_name>& blocks) {
  const auto found = spaces_.find(space);
  if (found == spaces_.end()) {
    return;
  }
  for (const block_name& block : blocks) {
    if (found->second->blocks.is(block, standing::chosen)) {
      found->second->restore(block.node);
    }
  }
}

void eviction_order::exchange(std::string_view strategy_name) {
  name_ = strategy_name;
  for (auto& [space, mine] : spaces_) {
    mine->order = make_strategy(strategy_name, mine->blocks);
    for (const node_id id : by_last_use(mine->blocks)) {
      mine->order->insert(id);
    }
  }
}

const block_ledger* eviction_order::ledger(space_id space) const {
  const auto found = spaces_.find(space);
  return found == spaces_.end() ? nullptr : &found->second->blocks;
}

std::size_t eviction_order::size(space_id space) const {
  const auto found = spaces_.find(space);
  return found == spaces_.end() ? 0 : found->second->blocks.size();
}

std::size_t eviction_order::memory_bytes() const {
  std::size_t bytes = 0;
  for (const auto& [space, mine] : spaces_) {
    bytes += mine->blocks.memory_bytes() + mine->order->memory_bytes();
  }
  return bytes;
}

}  // namespace cellard::core
