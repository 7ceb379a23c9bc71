// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// How blocks go: remove, scrub, evict, retire, and the slots that wait for readers.
#include "core/shard.hpp"

#include <cstring>

namespace cellard::core {

std::uint64_t shard::cost_of(node_id id) const {
  std::uint64_t bytes = 0;
  for (std::uint16_t part = 0; part < shape_.parts; ++part) {
    const std::uint32_t slot = slot_of(id, part);
    bytes += slot == no_slot ? 0 : arena_.cost(arena_.header(slot_ref{slot}).length);
  }
  return bytes;
}

void shard::free_slot(slot_ref slot, bool scrubs) {
  const std::uint64_t length = arena_.header(slot).length;
  counters_->payload_bytes.set(counters_->payload_bytes.get() - length);
  if (leases_.size() == 0) {
    end_slot(slot, scrubs);
  } else {
    deferred_.push_back({slot, leases_.next_id(), scrubs});
    deferred_bytes_ += arena_.taken_bytes(slot);
  }
}

void shard::end_slot(slot_ref slot, bool scrubs) {
  if (!scrubs) {
    arena_.release(slot);
    return;
  }
  arena_.withdraw(slot);
  scrubs_.push_back({slot, arena_.bytes(slot), arena_.taken_bytes(slot), arena_.segment_of(slot)});
}

void shard::scrubbed(const std::vector<scrub_job>& done) {
  for (const scrub_job& each : done) {
    arena_.release(each.slot);
  }
}

void shard::free_deferred() {
  while (!deferred_.empty() && !leases_.any_before(deferred_.front().before)) {
    deferred_bytes_ -= arena_.taken_bytes(deferred_.front().slot);
    end_slot(deferred_.front().slot, deferred_.front().scrubs);
    deferred_.pop_front();
  }
}

void shard::drop_parts(node_id id, bool scrubs) {
  for (std::uint16_t part = 0; part < shape_.parts; ++part) {
    if (const std::uint32_t slot = slot_of(id, part); slot != no_slot) {
      free_slot(slot_ref{slot}, scrubs);
    }
  }
  if (shape_.parts > 1) {
    free_rows_.push_back(index_[id].slot);
  }
}

void shard::drop(node_id id, bool scrubs) {
  auto doomed = index_.subtree(id);
  for (auto at = doomed.rbegin(); at != doomed.rend(); ++at) {
    const node& block = index_[*at];
    if (block.state == node_state::visible) {
      events_.removed.push_back({*at, block.generation});
    }
    drop_parts(*at, scrubs);
    unfinished_.erase(*at);
    leased_.erase(*at);
    pins_.erase(*at);
    index_.erase(*at);
  }
}

std::uint32_t shard::remove(std::uint16_t salt, key_span keys) {
  return remove_all(salt, keys, false);
}

removal shard::scrub(std::uint16_t salt, key_span keys) {
  const auto removed = remove_all(salt, keys, true);
  return {removed, leases_.size() == 0 ? 0 : removed};
}

std::uint32_t shard::remove_all(std::uint16_t salt, key_span keys, bool scrubs) {
  std::uint32_t removed = 0;
  for (const block_key& key : keys) {
    if (const node_id id = index_.find(salt, key); id != no_node) {
      const std::size_t before = index_.size();
      drop(id, scrubs);
      removed += static_cast<std::uint32_t>(before - index_.size());
    }
  }
  counters_->removed.add(removed);
  return removed;
}

std::vector<block_name> shard::evict(const std::vector<block_name>& victims, std::uint64_t& freed) {
  std::vector<block_name> refused;
  for (const block_name& victim : victims) {
    if (!index_.is(victim.node, victim.generation)) {
      continue;
    }
    const node& block = index_[victim.node];
    if (block.state != node_state::visible || block.flags != 0 || !index_.is_leaf(victim.node)) {
      refused.push_back(victim);
      continue;
    }
    // Nobody leases it or anything below it, so its slots can be used again at once.
    const std::uint64_t bytes = cost_of(victim.node);
    for (std::uint16_t part = 0; part < shape_.parts; ++part) {
      const slot_ref slot{slot_of(victim.node, part)};
      counters_->payload_bytes.set(counters_->payload_bytes.get() - arena_.header(slot).length);
      arena_.release(slot);
    }
    if (shape_.parts > 1) {
      free_rows_.push_back(block.slot);
    }
    index_.erase(victim.node);
    freed += bytes;
    counters_->evicted.add();
    counters_->evicted_bytes.add(bytes);
  }
  return refused;
}

std::uint32_t shard::clear() {
  const auto before = index_.size();
  for (node_id id = 0; id < index_.end(); ++id) {
    if (index_[id].state != node_state::free && index_[id].parent == no_node) {
      drop(id);
    }
  }
  counters_->removed.add(before);
  return static_cast<std::uint32_t>(before);
}

void shard::session_down(session_id who) {
  std::vector<std::uint32_t> mine;
  for (const auto& [number, given] : tickets_) {
    if (given.session == who) {
      mine.push_back(number);
    }
  }
  for (const std::uint32_t number : mine) {
    abort(who, number);
  }
  revoke(who);
}

bool shard::begin_retirement() {
  if (!retiring_) {
    retiring_ = arena_.begin_retirement();
    return retiring_.has_value();
  }
  return false;
}

std::optional<arena::retired> shard::retire_some() {
  if (!retiring_) {
    return std::nullopt;
  }
  for (const slot_ref slot : arena_.slots_in(*retiring_)) {
    const slot_header& head = arena_.header(slot);
    for (std::uint16_t salt = 0; salt < salt_hashes_.size(); ++salt) {
      if (std::memcmp(head.salt, salt_hashes_[salt].data(), sizeof head.salt) != 0) {
        continue;
      }
      const node_id id = index_.find(salt, head.key);
      if (id != no_node && index_[id].state == node_state::visible
          && slot_of(id, head.part) == slot.packed()) {
        drop(id);
      }
    }
  }
  free_deferred();
  auto gone = arena_.finish_retirement(*retiring_);
  if (gone) {
    retiring_.reset();
  }
  return gone;
}

}  // namespace cellard::core
