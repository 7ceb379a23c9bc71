// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "actors/memory.hpp"

#include "core/arena.hpp"

#include <algorithm>

#include <fnmatch.h>

namespace cellard::actors {
namespace {

core::budget_settings budget_of(const config::configuration& settings, std::uint64_t host_bytes) {
  const std::uint64_t capacity = settings.memory.capacity.resolve(host_bytes);
  return {capacity, settings.limits.staging_total.resolve(capacity), settings.memory.segment_bytes};
}

bool matches(const std::string& pattern, const std::string& text) {
  return pattern.empty() || fnmatch(pattern.c_str(), text.c_str(), 0) == 0;
}

core::quota quota_of(const config::configuration& settings, const space_description& space,
                     std::uint64_t capacity) {
  for (const auto& each : settings.quotas) {
    if (matches(each.name_space, space.name) && matches(each.tenant, space.tenant)) {
      return {each.guaranteed.resolve(capacity), each.maximum.resolve(capacity)};
    }
  }
  return {};
}

}  // namespace

void memory_state::grant(space_id space, std::uint64_t block_bytes, std::uint32_t granule_bytes,
                         bool needed) {
  const auto who = members.find(space);
  if (who == members.end()) {
    return;  // forgotten meanwhile
  }
  const auto data_bytes = budget.grant(space, block_bytes);
  if (!data_bytes) {
    // Only for a put that waits: namespaces that merely look ahead would take each other's segments
    // for ever.
    const auto giver = needed ? budget.claim(space) : std::nullopt;
    if (giver) {
      const bool known = std::any_of(starving.begin(), starving.end(),
                                     [&](const wish& each) { return each.space == space; });
      if (!known) {
        starving.push_back({space, block_bytes, granule_bytes});
      }
      if (retiring.insert(*giver).second) {
        self->send(members.at(*giver).shard, retire_atom::value);
      }
    }
    self->send(who->second.shard, denied_atom::value, false);
    return;
  }
  auto made = core::segment::create(
    "cellard:" + who->second.what.name, core::arena::segment_bytes_for(*data_bytes, granule_bytes),
    settings->memory.hugepages == config::hugepages_use::thp ? core::huge_pages::thp
                                                             : core::huge_pages::never);
  if (!made) {
    // Out of descriptors or memory: the shard makes room in what it has.
    budget.give_back(space, *data_bytes);
    self->send(who->second.shard, denied_atom::value, true);
    return;
  }
  self->send(who->second.shard, segment_atom::value, std::move(*made));
}

void memory_state::freed(space_id space, std::uint64_t bytes) {
  if (!members.contains(space)) {
    return;  // forgotten, and its bytes with it
  }
  budget.give_back(space, bytes);
  retiring.erase(space);
  reclaim();
  if (!starving.empty() && budget.excess() == 0) {
    const wish next = starving.front();
    starving.pop_front();
    grant(next.space, next.block_bytes, next.granule_bytes, false);
  }
  for (const auto& [id, other] : members) {
    if (id != space) {
      self->send(other.shard, room_atom::value);
    }
  }
}

core::result<core::staging_ptr> memory_state::stage(std::uint64_t wanted, std::uint64_t least) {
  const std::uint64_t limit = budget.settings().staging_bytes;
  const std::uint64_t left = limit - std::min(limit, staging->bytes());
  // No more than half of what is left, so that whoever comes next finds some, too.
  const std::uint64_t half = left / 2 / core::segment::page_bytes * core::segment::page_bytes;
  const std::uint64_t bytes = std::clamp(half, least, wanted);
  if (!staging->take(bytes, limit)) {
    return core::fail(
      core::errc::limit_reached,
      "stage: {} bytes would pass limits.staging_total ({} bytes, {} in use); close "
      "idle clients or raise it",
      bytes, limit, staging->bytes());
  }
  auto made = core::segment::create_staging(bytes);
  if (!made) {
    staging->give(bytes);
    return tl::unexpected<core::error>(std::move(made).error());
  }
  return std::make_shared<core::staging_area>(std::move(*made), staging);
}

void memory_state::join(const space_description& space, const shard_actor& shard) {
  members[space.id] = {space, shard};
  budget.set_quota(space.id, quota_of(*settings, space, budget.settings().capacity_bytes));
}

void memory_state::forget(space_id space) {
  budget.give_back(space, budget.held_by(space));
  budget.forget(space);
  members.erase(space);
  retiring.erase(space);
  reclaim();
  for (const auto& [id, other] : members) {
    self->send(other.shard, room_atom::value);
  }
}

void memory_state::apply(const config::snapshot& fresh) {
  settings = fresh;
  budget.configure(budget_of(*settings, host_bytes));
  for (const auto& [id, each] : members) {
    budget.set_quota(id, quota_of(*settings, each.what, budget.settings().capacity_bytes));
    self->send(each.shard, room_atom::value);
  }
  reclaim();
}

void memory_state::reclaim() {
  // One segment at a time from whoever holds most, so that requests go on between the steps.
  if (budget.excess() > 0 && retiring.empty()) {
    if (const auto giver = budget.largest(); giver && members.contains(*giver)) {
      retiring.insert(*giver);
      self->send(members.at(*giver).shard, retire_atom::value);
    }
  }
}

memory_actor::behavior_type memory(memory_actor::stateful_pointer<memory_state> self,
                                   config::snapshot settings, std::uint64_t host_bytes,
                                   std::shared_ptr<core::usage> staging) {
  auto& state = self->state;
  state.settings = std::move(settings);
  state.host_bytes = host_bytes;
  state.staging = std::move(staging);
  state.budget.configure(budget_of(*state.settings, host_bytes));
  return {
    [&state](grant_atom, space_id space, std::uint64_t block, std::uint32_t granule, bool needed) {
      state.grant(space, block, granule, needed);
    },
    [&state](freed_atom, space_id space, std::uint64_t bytes) { state.freed(space, bytes); },
    [&state](stage_atom, std::uint64_t wanted, std::uint64_t least) {
      return state.stage(wanted, least);
    },
    [&state](join_atom, const space_description& space, const shard_actor& shard) {
      state.join(space, shard);
    },
    [&state](forget_atom, space_id space) { state.forget(space); },
    [&state](apply_atom, const config::snapshot& fresh) { state.apply(fresh); },
  };
}

}  // namespace cellard::actors
