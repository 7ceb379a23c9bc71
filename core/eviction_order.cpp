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

eviction_order::space_order* eviction_order::find(space_id space) const {
  const auto found = spaces_.find(space);
  return found == spaces_.end() ? nullptr : found->second.get();
}

void eviction_order::space_order::drop(node_id id, standing where) {
  order->erase(id);
  const bool uncovered = blocks.take(id, where);
  if (uncovered && blocks.holds(blocks[id].parent)) {
    order->uncover(blocks[id].parent);
  }
}

bool eviction_order::space_order::lowered(node_id id) const {
  return id < blocks.end() && blocks[id].where == standing::lowered;
}

void eviction_order::space_order::restore(node_id id) {
  const bool covered = blocks.restore(id);
  if (covered && blocks.holds(blocks[id].parent)) {
    order->cover(blocks[id].parent);
  }
  order->restore(id);
  raise(blocks[id].parent);
}

/// Back to the strategy, and with it all that is above it.
void eviction_order::space_order::raise(node_id id) {
  for (; lowered(id); id = blocks[id].parent) {
    steps.remove(id, blocks[id].bytes);
    const bool covered = blocks.raise(id);
    if (covered && blocks.holds(blocks[id].parent)) {
      order->cover(blocks[id].parent);
    }
    order->restore(id);
  }
}

/// The block that had this number is gone.
void eviction_order::space_order::vacate(node_id id) {
  if (blocks.holds(id)) {
    drop(id, standing::unknown);
  } else if (lowered(id)) {
    steps.remove(id, blocks[id].bytes);
    blocks.forget(id);
  }
  steps.forget(id);
}

void eviction_order::space_order::remove(const block_name& gone) {
  if (blocks.is(gone, standing::resident) || blocks.is(gone, standing::lowered)) {
    vacate(gone.node);
  } else if (blocks.is(gone, standing::chosen)) {
    blocks.forget(gone.node);
  }
}

void eviction_order::space_order::insert(const std::vector<inserted_block>& all) {
  for (const inserted_block& fresh : all) {
    vacate(fresh.block.node);  // the number may have been given away, and nobody told us
    if (blocks.add(fresh) && blocks.holds(fresh.parent)) {
      order->cover(fresh.parent);
    }
    raise(fresh.parent);
  }
  for (auto fresh = all.rbegin(); fresh != all.rend(); ++fresh) {
    blocks.settle(fresh->block.node);
    order->insert(fresh->block.node);
  }
}

void eviction_order::space_order::resize(const resized_block& block) {
  const node_id id = block.block.node;
  const auto bytes = std::max<std::uint32_t>(block.bytes, 1);
  if (blocks.is(block.block, standing::lowered)) {
    steps.resize(id, blocks[id].bytes, bytes);
    blocks.set_bytes(id, bytes);
  } else if (blocks.is(block.block, standing::resident)) {
    blocks.set_bytes(id, bytes);
  }
}

void eviction_order::space_order::record(const access_batch& batch) {
  blocks.set_now(ticks_of(batch.when));
  for (const block_name& gone : batch.removed) {
    remove(gone);
  }
  order->begin({batch.asked, batch.known, &batch.inserted, batch.refreshed.size()});
  insert(batch.inserted);
  for (const resized_block& each : batch.resized) {
    resize(each);
  }
  for (const node_id above : batch.refreshed) {
    raise(above);
    if (blocks.holds(above)) {
      order->refresh(above);
      blocks.note_refresh(above);
    }
  }
  for (std::size_t i = 0; i < batch.touched.size(); ++i) {
    if (i + far_ahead < batch.touched.size()) {
      blocks.prefetch(batch.touched[i + far_ahead]);
    }
    if (i + near_ahead < batch.touched.size() && blocks.holds(batch.touched[i + near_ahead])) {
      order->prefetch(batch.touched[i + near_ahead]);
    }
    const node_id used = batch.touched[i];
    raise(used);
    if (blocks.holds(used)) {
      order->touch(used);
      blocks.note_use(used);
    }
  }
}

void eviction_order::record(const access_batch& batch) {
  at(batch.space).record(batch);
}

void eviction_order::refused(space_id space, const std::vector<block_name>& blocks) {
  space_order* const mine = find(space);
  if (mine == nullptr) {
    return;
  }
  for (const block_name& block : blocks) {
    if (mine->blocks.is(block, standing::chosen)) {
      mine->restore(block.node);
    }
  }
}

void eviction_order::exchange(std::string_view strategy_name) {
  name_ = strategy_name;
  for (auto& [space, mine] : spaces_) {
    mine->order = make_strategy(strategy_name, mine->blocks);
    for (node_id id = 0; mine->steps.size() > 0 && id < mine->blocks.end(); ++id) {
      mine->blocks.set_mark(id, 0);  // those on steps would come back with the old one's
    }
    for (const node_id id : by_last_use(mine->blocks)) {
      mine->order->insert(id);
    }
  }
}

const block_ledger* eviction_order::ledger(space_id space) const {
  const space_order* const mine = find(space);
  return mine == nullptr ? nullptr : &mine->blocks;
}

std::size_t eviction_order::size(space_id space) const {
  const space_order* const mine = find(space);
  return mine == nullptr ? 0 : mine->blocks.size() + mine->steps.size();
}

std::size_t eviction_order::memory_bytes() const {
  std::size_t bytes = 0;
  for (const auto& [space, mine] : spaces_) {
    bytes += mine->blocks.memory_bytes() + mine->order->memory_bytes() + mine->steps.memory_bytes();
  }
  return bytes;
}

}  // namespace cellard::core
