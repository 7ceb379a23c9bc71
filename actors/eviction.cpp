// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "actors/eviction.hpp"

namespace cellard::actors {

void eviction_state::apply(const config::configuration& settings) {
  if (order->name() != settings.eviction.strategy) {
    order->exchange(settings.eviction.strategy);
  }
}

eviction_actor::behavior_type eviction(eviction_actor::stateful_pointer<eviction_state> self,
                                       const config::snapshot& settings) {
  auto& state = self->state;
  state.order = std::make_unique<core::eviction_order>(settings->eviction.strategy);
  return {
    [&state](record_atom, const core::access_batch& batch) { state.order->record(batch); },
    [&state](choose_atom, space_id space, std::uint64_t bytes, const core::ladder& by) {
      return state.order->choose(space, bytes, by);
    },
    [&state](refused_atom, space_id space, const std::vector<core::block_name>& blocks) {
      state.order->refused(space, blocks);
    },
    [&state](forget_atom, space_id space) { state.order->forget(space); },
    [&state](apply_atom, const config::snapshot& fresh) { state.apply(*fresh); },
  };
}

}  // namespace cellard::actors
