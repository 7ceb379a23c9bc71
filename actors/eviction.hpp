// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Carries core::eviction_order: hears of every request, names victims when a shard needs room. The
// shard has the last word, so a view that is behind is harmless. Owns: the order of the blocks of
// all namespaces. Runs on: the I/O threads. Ends: when told to exit; the daemon
// cannot go on without it.
#pragma once

#include "actors/handles.hpp"
#include "core/eviction_order.hpp"

#include <memory>

namespace cellard::actors {

struct eviction_state {
  explicit eviction_state(eviction_actor::pointer me) : self(me) {}

  static constexpr const char* name = "eviction";

  void apply(const config::configuration& settings);

  eviction_actor::pointer self;
  std::unique_ptr<core::eviction_order> order;
};

eviction_actor::behavior_type eviction(eviction_actor::stateful_pointer<eviction_state> self,
                                       const config::snapshot& settings);

}  // namespace cellard::actors
