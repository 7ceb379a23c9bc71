// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Births and deaths of namespaces. The first open of a name fixes its layout; one that differs
// later is refused, unless nothing is in the namespace and nobody has it open. Watches the shards,
// the memory manager, the eviction actor and the copy workers: one of these that dies by itself has
// state, or bytes half copied, that others hold parts of, so the daemon stops (decisions J4).
// Quantizer and compressor have nothing that cannot be had again: they are started anew. Owns: the
// directory of namespaces by tenant, name and KV group. Runs on: the I/O threads. Ends: when told
// to exit.
#pragma once

#include "actors/handles.hpp"
#include "actors/shard.hpp"

#include <functional>
#include <map>
#include <tuple>

namespace cellard::actors {

struct supervisor_setup {
  config::snapshot settings;
  memory_actor memory;
  eviction_actor order;
  stats_actor stats;
  std::vector<worker_actor> copiers;
  worker_actor housekeeper;
  /// A quantizer or a compressor, at start and again when one has died.
  std::function<encoder_actor()> make_encoder;
  std::shared_ptr<core::server_counters> counters;
  /// Something died that cannot be restarted. Any thread.
  std::function<void(std::string)> fatal;
  /// Something died and was started again. Any thread.
  std::function<void(std::string)> restarted;
};

class supervisor_state {
public:
  explicit supervisor_state(supervisor_actor::pointer me) : self(me) {}

  static constexpr const char* name = "supervisor";

  void start(supervisor_setup what);
  core::result<opened_space> open(const open_call& call);
  void leave(space_id space);
  core::result<std::uint32_t> forget(const std::string& tenant, const std::string& name,
                                     std::uint32_t group);
  caf::result<std::uint32_t> clear();
  void drain() { setup_.counters->draining.store(true, std::memory_order_relaxed); }
  void apply(const config::snapshot& fresh);
  void end_all();
  void died(const caf::down_msg& who);

  supervisor_actor::pointer self;

private:
  struct resident {
    space_description what;
    shard_actor shard;
    std::uint32_t sessions = 0;
    std::uint64_t max_age_ms = 0;  ///< of the open that created it
  };
  using identity = std::tuple<std::string, std::string, std::uint32_t>;

  static opened_space enter(resident& here);
  core::result<opened_space> create(const identity& who, const open_call& call);
  void end(std::map<identity, resident>::iterator which);
  [[nodiscard]] std::uint64_t max_age_of(const open_call& call) const;
  encoder_actor begin_encoder();
  void restart_encoder(encoder_actor& which, const char* named);

  supervisor_setup setup_;
  core::hash_secret secret_{0};
  encoder_actor quantizer_;
  encoder_actor compressor_;
  std::map<identity, resident> residents_;
  space_id next_id_ = 1;
};

supervisor_actor::behavior_type
supervisor(supervisor_actor::stateful_pointer<supervisor_state> self, supervisor_setup what);

}  // namespace cellard::actors
