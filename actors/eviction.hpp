// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Carries core::eviction_order: hears of every request, names victims when a shard needs room. The
// shard has the last word, so a view that is behind is harmless. What it hears goes to
// core::forecast too, within a share of a core. Owns: the order of the blocks of all namespaces,
// and the forecast. Runs on: the I/O threads. Ends: when told to exit; the daemon cannot go on
// without it.
#pragma once

#include "actors/handles.hpp"
#include "core/eviction_order.hpp"
#include "core/forecast.hpp"

#include <memory>

namespace cellard::actors {

struct eviction_state {
  explicit eviction_state(eviction_actor::pointer me) : self(me) {}

  static constexpr const char* name = "eviction";

  void start(const config::configuration& settings, std::uint64_t memory_of_host);
  void record(const core::access_batch& batch);
  void join(const space_description& space);
  void forget(space_id space);
  void apply(const config::configuration& settings);

  eviction_actor::pointer self;
  std::unique_ptr<core::eviction_order> order;
  std::unique_ptr<core::forecast> outlook;
  std::uint64_t host_bytes = 0;
  std::uint64_t heard = 0;  ///< short batches
};

/// What the configuration says about the forecast.
core::forecast_settings forecast_settings_of(const config::configuration& from,
                                             std::uint64_t host_bytes);

eviction_actor::behavior_type eviction(eviction_actor::stateful_pointer<eviction_state> self,
                                       const config::snapshot& settings, std::uint64_t host_bytes);

}  // namespace cellard::actors
