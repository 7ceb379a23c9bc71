// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Reserve, begin, finish: how blocks come. How they go is in shard_drops.cpp.
#include "core/shard.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace cellard::core {
namespace {

/// Slot headers count seconds from here, which 32 bits reach past the year 2160.
constexpr std::int64_t epoch_2026 = 1767225600;

std::uint32_t seconds_since_2026() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::seconds>(now).count()
                                    - epoch_2026);
}

std::uint64_t bit(std::uint16_t part) {
  return std::uint64_t{1} << part;
}

}  // namespace

std::uint32_t& shard::slot_of(node_id id, std::uint16_t part) {
  return shape_.parts == 1 ? index_[id].slot
                           : rows_[std::size_t{index_[id].slot} * shape_.parts + part];
}

std::uint32_t shard::slot_of(node_id id, std::uint16_t part) const {
  return shape_.parts == 1 ? index_[id].slot
                           : rows_[std::size_t{index_[id].slot} * shape_.parts + part];
}

std::vector<reservation> shard::reserve(requester who, std::uint16_t salt, const block_key* parent,
                                        key_span keys, time_point now) {
  std::vector<reservation> answers;
  if (salt >= salt_hashes_.size()) {
    answers.assign(keys.size(), {errc::not_found, 0});
    return answers;
  }
  answers.reserve(keys.size());
  node_id up = parent != nullptr ? index_.find(salt, *parent) : no_node;
  bool is_root = parent == nullptr;
  for (const block_key& key : keys) {
    answers.push_back(reserve_one(who, salt, up, is_root, key, now));
    // A key that was refused leaves its followers without a parent, which is the answer that they
    // get.
    up = index_.find(salt, key);
    is_root = false;
  }
  return answers;
}

reservation shard::reserve_one(requester who, std::uint16_t salt, node_id parent, bool is_root,
                               const block_key& key, time_point now) {
  node_id id = index_.find(salt, key);
  if (tickets_.size() >= max_tickets) {
    return {errc::limit_reached, 0};
  }
  if (id == no_node) {
    if (!is_root && parent == no_node) {
      counters_->puts_no_parent.add();
      return {errc::no_parent, 0};
    }
    id = index_.insert(salt, key, parent);
    if (id == no_node) {
      return {errc::limit_reached, 0};
    }
    if (shape_.parts > 1) {
      if (free_rows_.empty()) {
        free_rows_.push_back(static_cast<std::uint32_t>(rows_.size() / shape_.parts));
        rows_.resize(rows_.size() + shape_.parts);
      }
      index_[id].slot = free_rows_.back();
      free_rows_.pop_back();
    }
    for (std::uint16_t part = 0; part < shape_.parts; ++part) {
      slot_of(id, part) = no_slot;
    }
    unfinished_[id].until = now + limits_.partial_time;
  }
  const auto missing = unfinished_.find(id);
  if (missing == unfinished_.end() || (missing->second.committed & bit(who.part)) != 0) {
    counters_->puts_present.add();
    return {errc::exists, 0};
  }
  if ((missing->second.reserved & bit(who.part)) != 0) {
    counters_->puts_pending.add();
    return {errc::pending, 0};
  }
  missing->second.reserved |= bit(who.part);
  while (next_ticket_ == 0 || tickets_.contains(next_ticket_)) {
    ++next_ticket_;
  }
  tickets_.emplace(
    next_ticket_,
    ticket{{id, index_[id].generation}, who.session, who.part, now + limits_.reservation_time});
  return {errc::ok, next_ticket_++};
}

result<write_job> shard::begin(session_id who, std::uint32_t number, std::uint32_t length,
                               encoding encoded) {
  const auto found = tickets_.find(number);
  if (found == tickets_.end() || found->second.session != who) {
    return fail(errc::not_found, "commit: ticket {} is not a reservation of this session", number);
  }
  const ticket& mine = found->second;
  if (!index_.is(mine.block.node, mine.block.generation)) {
    tickets_.erase(found);
    return fail(errc::no_parent, "commit: the chain of ticket {} was dropped meanwhile", number);
  }
  const bool fits =
    shape_.type == dtype::opaque ? length >= 1 && length <= block_bytes_ : length == block_bytes_;
  if (!fits) {
    return fail(errc::invalid_argument,
                "commit: a block of {} bytes, but the layout has blocks of {}{}", length,
                shape_.type == dtype::opaque ? "1 to " : "", block_bytes_);
  }
  const std::uint32_t stored = encoded.codec == 0 ? length : encoded.bytes;
  const auto slot = arena_.allocate(stored);
  if (!slot) {
    counters_->puts_busy.add();
    return fail(errc::busy, "commit: no room for {} bytes now", length);
  }
  write_job job{*slot,
                mine.block,
                mine.part,
                encoded.codec,
                arena_.bytes(*slot),
                stored,
                arena_.segment_of(*slot),
                encoded.error_bound};
  tickets_.erase(found);
  return job;
}

void shard::write_header(const write_job& job, std::uint64_t checksum) {
  const node& block = index_[job.block.node];
  slot_header& head = arena_.header(job.slot);
  head.codec = job.codec;
  head.checksum = checksum;
  head.sequence = next_sequence_++;
  head.key = block.key;
  head.parent = block.parent == no_node ? block_key{} : index_[block.parent].key;
  std::memcpy(head.salt, salt_hashes_[block.salt].data(), sizeof head.salt);
  head.part = job.part;
  head.flags = block.parent == no_node ? slot_is_root : 0;
  head.created = seconds_since_2026();
  head.error_bound = job.error_bound;
  // Everything but generation and state, which change after this, and the check itself.
  const auto* bytes = reinterpret_cast<const std::byte*>(&head);
  head.header_check =
    static_cast<std::uint32_t>(XXH3_64bits(bytes + 8, offsetof(slot_header, header_check) - 8));
  head.state.store(slot_state::committed, std::memory_order_release);
}

errc shard::finish(const write_job& job, std::uint64_t checksum, time_point now) {
  if (!index_.is(job.block.node, job.block.generation)) {
    end_slot(job.slot, true);  // it may have been scrubbed while this was copied
    return errc::no_parent;
  }
  write_header(job, checksum);
  const node_id id = job.block.node;
  slot_of(id, job.part) = job.slot.packed();
  counters_->puts.add();
  counters_->put_bytes.add(job.length);
  counters_->payload_bytes.add(job.length);
  unfinished& missing = unfinished_[id];
  missing.reserved &= ~bit(job.part);
  missing.committed |= bit(job.part);
  if (missing.committed == (shape_.parts == 64 ? ~std::uint64_t{0} : bit(shape_.parts) - 1)) {
    unfinished_.erase(id);
    index_[id].state = node_state::stored;
    publish(id, now);
  }
  return errc::ok;
}

void shard::publish(node_id id, time_point now) {
  std::vector<node_id> ready{id};
  while (!ready.empty()) {
    const node_id at = ready.back();
    ready.pop_back();
    node& block = index_[at];
    const bool hangs = block.parent == no_node || index_[block.parent].state == node_state::visible;
    if (block.state != node_state::stored || !hangs) {
      continue;
    }
    block.state = node_state::visible;
    events_.inserted.push_back({{at, block.generation},
                                block.parent,
                                static_cast<std::uint32_t>(cost_of(at)),
                                fingerprint_of(block.salt, block.key)});
    if (limits_.max_age.count() > 0) {
      aging_.push_back({{at, block.generation}, now});
    }
    for (node_id child = block.last_child; child != no_node; child = index_[child].next) {
      ready.push_back(child);
    }
  }
}

void shard::cancel(const write_job& job) {
  end_slot(job.slot, !index_.is(job.block.node, job.block.generation));
  give_up_part(job.block, job.part);
}

std::uint32_t shard::depth_of(std::uint32_t number) const {
  return index_.depth(tickets_.at(number).block.node);
}

bool shard::abort(session_id who, std::uint32_t number) {
  const auto found = tickets_.find(number);
  if (found == tickets_.end() || found->second.session != who) {
    return false;
  }
  const ticket given = found->second;
  tickets_.erase(found);
  give_up_part(given.block, given.part);
  return true;
}

void shard::give_up_part(const block_name& block, std::uint16_t part) {
  if (!index_.is(block.node, block.generation)) {
    return;
  }
  const auto missing = unfinished_.find(block.node);
  if (missing == unfinished_.end()) {
    return;
  }
  missing->second.reserved &= ~bit(part);
  // Other ranks may still complete the block, and this one may try again, until partial_time has
  // passed.
  if (missing->second.reserved == 0 && missing->second.committed == 0) {
    drop(block.node);
  }
}

}  // namespace cellard::core
