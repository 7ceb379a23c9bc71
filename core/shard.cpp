// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Finding, leases, pins and what time ends. Writing and dropping are in shard_writes.cpp.
#include "core/shard.hpp"

#include "core/salt_hash.hpp"

#include <algorithm>
#include <cstring>

namespace cellard::core {

shard::shard(options what)
  : id_(what.id),
    shape_(std::move(what.shape)),
    block_bytes_(shape_.block_bytes()),
    limits_(what.limits),
    counters_(std::move(what.counters)),
    index_(what.max_blocks, what.secret),
    arena_(granule_for(block_bytes_), what.layout_hash) {
  salts_.emplace("", std::uint16_t{0});
  salt_hashes_.emplace_back();
}

namespace {

constexpr std::size_t headers_ahead = 8;  // asked for before they are needed

}  // namespace

std::uint32_t shard::granule_for(std::uint64_t block_bytes) noexcept {
  return block_bytes < (std::uint64_t{1} << 20) ? 4096 : 65536;
}

const std::vector<node_id>& shard::walk(std::uint16_t salt, key_span keys) {
  path_.clear();
  index_.walk(salt, keys, path_);
  return path_;
}

match shard::lookup(std::uint16_t salt, key_span keys) {
  const auto matched = static_cast<std::uint32_t>(walk(salt, keys).size());
  counters_->lookups.add();
  return {matched, matched, 0};
}

result<found_blocks> shard::get(requester who, std::uint16_t salt, key_span keys) {
  const auto& path = walk(salt, keys);
  counters_->lookups.add();
  counters_->blocks_asked.add(keys.size());
  counters_->blocks_hit.add(path.size());
  events_.asked += static_cast<std::uint32_t>(keys.size());
  found_blocks found;
  const auto matched = static_cast<std::uint32_t>(path.size());
  found.counts = {matched, matched, 0};
  if (path.empty()) {
    note_lacking(salt, keys);
    return found;
  }
  if (leases_.blocks_of(who.session) + path.size() > limits_.leases) {
    return fail(errc::limit_reached,
                "get: this session holds leases on {} blocks and {} more would pass limits.leases "
                "({}); release some",
                leases_.blocks_of(who.session), path.size(), limits_.leases);
  }
  counters_->served_bytes.add(add_places(path, who.part, found.places));
  if (who.wants_errors) {
    add_errors(path, who.part, found);
  }
  const node_id deepest = path.back();
  found.lease = leases_.take(who.session, deepest, index_[deepest].generation, matched, who.handle);
  ++leased_[deepest];
  index_[deepest].flags |= node_leased;
  touch_path(deepest);
  events_.known += matched;
  events_.wanted += matched;
  note_lacking(salt, keys.subspan(matched));
  return found;
}

void shard::note_lacking(std::uint16_t salt, key_span keys) {
  if (limits_.tell_lacking) {
    for (const block_key& key : keys) {
      events_.lacking.push_back(fingerprint_of(salt, key));
    }
  }
}

/// @return their bytes
std::uint64_t shard::add_places(const std::vector<node_id>& path, std::uint16_t part,
                                std::vector<place>& places) const {
  std::uint64_t bytes = 0;
  places.reserve(path.size());
  // Slot headers lie 128 bytes apart in memory that nobody has read since the last get.
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (i + headers_ahead < path.size()) {
      arena_.prefetch(slot_ref{slot_of(path[i + headers_ahead], part)});
    }
    place& added = places.emplace_back();
    arena_.locate(slot_ref{slot_of(path[i], part)}, added);
    bytes += added.length;
  }
  return bytes;
}

/// Raw blocks have none, and their headers are not looked at again.
void shard::add_errors(const std::vector<node_id>& path, std::uint16_t part,
                       found_blocks& found) const {
  found.errors.resize(path.size());
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (found.places[i].codec != 0) {
      found.errors[i] = arena_.header(slot_ref{slot_of(path[i], part)}).error_bound;
    }
  }
}

match shard::touch(std::uint16_t salt, key_span keys) {
  const auto& path = walk(salt, keys);
  const auto matched = static_cast<std::uint32_t>(path.size());
  events_.asked += static_cast<std::uint32_t>(keys.size());
  events_.known += matched;
  if (!path.empty()) {
    touch_path(path.back());
  }
  return {matched, matched, 0};
}

void shard::touch_path(node_id deepest) {
  // All ancestors, also when the request began in the middle of a chain: the head must stay younger
  // than its tail.
  events_.touched.reserve(events_.touched.size() + path_.size());
  append_path(deepest, events_.touched);
}

void shard::append_path(node_id deepest, std::vector<node_id>& path) const {
  for (node_id at = deepest; at != no_node; at = index_[at].parent) {
    path.push_back(at);
  }
}

void shard::unlease(const lease& given) {
  const auto held = leased_.find(given.deepest);
  if (!index_.is(given.deepest, given.generation) || held == leased_.end()) {
    return;  // the block was removed under the lease
  }
  if (--held->second == 0) {
    leased_.erase(held);
    index_[given.deepest].flags &= static_cast<std::uint8_t>(~node_leased);
  }
}

std::uint32_t shard::release(session_id who, const std::vector<std::uint64_t>& leases) {
  std::uint32_t released = 0;
  for (const std::uint64_t id : leases) {
    if (const auto given = leases_.give_back(who, id)) {
      unlease(*given);
      ++released;
    }
  }
  if (leases_.size() == 0) {
    free_deferred();
  }
  return released;
}

std::uint32_t shard::unlease(const std::vector<lease>& given) {
  for (const lease& each : given) {
    unlease(each);
  }
  free_deferred();
  return static_cast<std::uint32_t>(given.size());
}

std::uint32_t shard::revoke(session_id who) {
  return unlease(leases_.drop(who));
}

std::uint32_t shard::revoke(session_id who, std::uint32_t handle) {
  return unlease(leases_.drop(who, handle));
}

result<place> shard::find(requester who, std::uint16_t salt, const block_key& key, bool counts) {
  const node_id id = index_.find(salt, key);
  if (id == no_node || index_[id].state != node_state::visible) {
    return fail(errc::not_found, "read: block {} is not present", abbreviated(key));
  }
  if (counts) {  // not each further piece of one block
    touch_path(id);
    ++events_.wanted;
    counters_->blocks_asked.add();
    counters_->blocks_hit.add();
  }
  return arena_.place_of(slot_ref{slot_of(id, who.part)});
}

std::uint32_t shard::pin(std::uint16_t salt, key_span keys, std::chrono::milliseconds how_long,
                         time_point now) {
  std::uint32_t pinned = 0;
  for (const node_id id : walk(salt, keys)) {
    const auto known = pins_.find(id);
    if (known == pins_.end() && pins_.size() >= limits_.pins) {
      break;
    }
    pins_[id] = {index_[id].generation, now + std::min(how_long, limits_.pin_time)};
    index_[id].flags |= node_pinned;
    ++pinned;
  }
  return pinned;
}

std::uint32_t shard::unpin(std::uint16_t salt, key_span keys) {
  std::uint32_t unpinned = 0;
  for (const node_id id : walk(salt, keys)) {
    unpinned += static_cast<std::uint32_t>(pins_.erase(id));
    index_[id].flags &= static_cast<std::uint8_t>(~node_pinned);
  }
  return unpinned;
}

result<std::uint16_t> shard::salt_number(std::string_view salt) {
  const auto known = salts_.find(std::string{salt});
  if (known != salts_.end()) {
    return known->second;
  }
  if (salts_.size() > limits_.salts) {
    return fail(errc::limit_reached, "namespace has limits.salts ({}) salts already",
                limits_.salts);
  }
  const auto number = static_cast<std::uint16_t>(salts_.size());
  salts_.emplace(salt, number);
  salt_hashes_.push_back(salt_hash(salt));
  return number;
}

std::uint64_t shard::list(std::uint64_t cursor, std::size_t limit,
                          std::vector<listed_block>& out) const {
  for (auto id = static_cast<node_id>(std::min<std::uint64_t>(cursor, index_.end()));
       id < index_.end(); ++id) {
    const node& block = index_[id];
    if (block.state == node_state::free) {
      continue;
    }
    if (out.size() == limit) {
      return id;
    }
    const std::uint32_t slot = block.state == node_state::writing ? no_slot : slot_of(id, 0);
    const bool there = slot != no_slot;
    out.push_back({block.key, there ? arena_.header(slot_ref{slot}).length : 0, index_.depth(id),
                   there ? arena_.header(slot_ref{slot}).codec : std::uint16_t{0}, block.state,
                   block.flags, block.children});
  }
  return 0;
}

void shard::expire(time_point now) {
  for (auto at = tickets_.begin(); at != tickets_.end();) {
    if (at->second.until > now) {
      ++at;
      continue;
    }
    const ticket late = at->second;
    at = tickets_.erase(at);
    give_up_part(late.block, late.part);
    counters_->expired.add();
  }
  std::vector<node_id> partial;
  for (const auto& [id, state] : unfinished_) {
    if (state.until <= now && state.reserved == 0) {
      partial.push_back(id);
    }
  }
  for (const node_id id : partial) {
    if (unfinished_.contains(id)) {  // not dropped as a descendant of the one before
      drop(id);
      counters_->expired.add();
    }
  }
  for (auto at = pins_.begin(); at != pins_.end();) {
    if (at->second.until > now) {
      ++at;
      continue;
    }
    index_[at->first].flags &= static_cast<std::uint8_t>(~node_pinned);
    at = pins_.erase(at);
  }
}

void shard::tick(time_point now) {
  expire(now);
  while (limits_.max_age.count() > 0 && !aging_.empty()
         && aging_.front().born + limits_.max_age <= now) {
    const block_name old = aging_.front().block;
    aging_.pop_front();
    if (index_.is(old.node, old.generation)) {
      drop(old.node);
      counters_->expired.add();
    }
  }
  if (aging_.size() > 2 * index_.size() + 1024) {  // most of these have gone in other ways
    std::erase_if(aging_, [&](const aging& each) {
      return !index_.is(each.block.node, each.block.generation);
    });
  }
  free_deferred();
}

bool shard::needs_tick() const noexcept {
  return !tickets_.empty() || !unfinished_.empty() || !pins_.empty() || !deferred_.empty()
         || !aging_.empty();
}

void shard::refresh_parents_of_inserted() {
  // Once for each run of blocks that continue each other, not for each block: within a run the
  // order of insertion says all.
  const auto& fresh = events_.inserted;
  for (std::size_t i = 0; i < fresh.size(); ++i) {
    const bool begins_run = i == 0 || fresh[i].parent != fresh[i - 1].block.node;
    if (begins_run && index_.is(fresh[i].block.node, fresh[i].block.generation)) {
      append_path(fresh[i].parent, events_.refreshed);
    }
  }
}

access_batch shard::take_events(time_point now) {
  refresh_parents_of_inserted();
  counters_->blocks.set(index_.size());
  counters_->leases.set(leases_.size());
  counters_->pins.set(pins_.size());
  counters_->reservations.set(tickets_.size());
  counters_->deferred_slots.set(deferred_.size());
  events_.space = id_;
  events_.when = now;
  access_batch batch = std::move(events_);
  events_ = {};
  return batch;
}

std::size_t shard::memory_bytes() const noexcept {
  return index_.memory_bytes() + arena_.memory_bytes()
         + (rows_.capacity() + free_rows_.capacity()) * sizeof(std::uint32_t);
}

}  // namespace cellard::core
