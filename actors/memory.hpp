// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The memory manager: grants segments and staging areas within the configured capacity, and asks
// for segments back when the capacity went down or when a namespace below its share needs one.
// Owns: the budget (core/memory_budget.hpp). Segments belong to the shards, staging areas to the
// sessions. Runs on: the I/O threads. Making a segment costs a few system calls; its pages are made
// present by a worker. Ends: when told to exit; the daemon cannot go on without it.
#pragma once

#include "actors/handles.hpp"
#include "core/memory_budget.hpp"

#include <deque>
#include <memory>
#include <set>
#include <unordered_map>

namespace cellard::actors {

struct memory_state {
  explicit memory_state(memory_actor::pointer me) : self(me) {}

  static constexpr const char* name = "memory";

  void grant(space_id space, std::uint64_t block_bytes, std::uint32_t granule_bytes, bool needed);
  void freed(space_id space, std::uint64_t bytes);
  core::result<core::staging_ptr> stage(std::uint64_t wanted, std::uint64_t least);
  void join(const space_description& space, const shard_actor& shard);
  void forget(space_id space);
  void apply(const config::snapshot& fresh);
  void reclaim();

  memory_actor::pointer self;
  std::uint64_t host_bytes = 0;
  config::snapshot settings;
  core::memory_budget budget{{}};
  std::shared_ptr<core::usage> staging;

  struct member {
    space_description what;
    shard_actor shard;
  };
  std::unordered_map<space_id, member> members;
  /// Those that were denied while a put waited, in turn: what another gives back is for them.
  struct wish {
    space_id space = 0;
    std::uint64_t block_bytes = 0;
    std::uint32_t granule_bytes = 0;
  };
  std::deque<wish> starving;
  std::set<space_id> retiring;  ///< asked to give a segment back, and not done
};

/// `host_bytes` is what shares of memory are shares of; `staging` is shared with the statistics.
memory_actor::behavior_type memory(memory_actor::stateful_pointer<memory_state> self,
                                   config::snapshot settings, std::uint64_t host_bytes,
                                   std::shared_ptr<core::usage> staging);

}  // namespace cellard::actors
