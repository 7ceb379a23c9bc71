// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "actors/eviction.hpp"

#include <ctime>
#include <random>

namespace cellard::actors {
namespace {

// Reading the thread's processor time is a system call, so of short batches one in so many is timed
// for all. Odd, because gets and puts take turns.
constexpr std::uint64_t timed_every = 17;
constexpr std::size_t long_batch = 256;  // one is worth the call, and too much to stand for others

std::chrono::nanoseconds processor_time() {
  timespec used{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

}  // namespace

core::forecast_settings forecast_settings_of(const config::configuration& from,
                                             std::uint64_t host_bytes) {
  core::forecast_settings what;
  what.strategy = from.eviction.strategy;
  // What is evicted keeps blocks below this, however much was granted.
  what.capacity_bytes = from.memory.high_watermark.of(from.memory.capacity.resolve(host_bytes));
  what.memory_bytes = from.statistics.forecast_memory;
  what.cpu_share = static_cast<double>(from.statistics.forecast_cpu.millionths) / 1e6;
  return what;
}

namespace {

/// Memory that a usual block takes, in all its parts.
std::uint64_t cost_of_block(const core::layout& shape) {
  const std::uint64_t granule = core::shard::granule_for(shape.block_bytes());
  return (shape.block_bytes() + granule - 1) / granule * granule * shape.parts;
}

}  // namespace

void eviction_state::start(const config::configuration& settings, std::uint64_t memory_of_host) {
  host_bytes = memory_of_host;
  order = std::make_unique<core::eviction_order>(settings.eviction.strategy);
  std::random_device source;
  outlook = std::make_unique<core::forecast>(forecast_settings_of(settings, host_bytes),
                                             std::uint64_t{source()} << 32 | source());
}

void eviction_state::record(const core::access_batch& batch) {
  if (!batch.empty()) {
    order->record(batch);
  }
  const bool is_long =
    batch.touched.size() + batch.lacking.size() + batch.inserted.size() >= long_batch;
  const std::uint64_t stands_for = is_long ? 1 : ++heard % timed_every == 0 ? timed_every : 0;
  const auto began = stands_for > 0 ? processor_time() : std::chrono::nanoseconds{0};
  if (outlook->record(batch, order->ledger(batch.space)) && stands_for > 0) {
    outlook->spent(batch.space, stands_for * (processor_time() - began), batch.when);
  }
}

void eviction_state::join(const space_description& space) {
  outlook->join(space.id, cost_of_block(space.shape));
}

void eviction_state::forget(space_id space) {
  order->forget(space);
  outlook->forget(space);
}

void eviction_state::apply(const config::configuration& settings) {
  if (order->name() != settings.eviction.strategy) {
    order->exchange(settings.eviction.strategy);
  }
  outlook->apply(forecast_settings_of(settings, host_bytes));
}

eviction_actor::behavior_type eviction(eviction_actor::stateful_pointer<eviction_state> self,
                                       const config::snapshot& settings, std::uint64_t host_bytes) {
  auto& state = self->state;
  state.start(*settings, host_bytes);
  return {
    [&state](record_atom, const core::access_batch& batch) { state.record(batch); },
    [&state](choose_atom, space_id space, std::uint64_t bytes, const core::ladder& by) {
      return state.order->choose(space, bytes, by);
    },
    [&state](refused_atom, space_id space, const std::vector<core::block_name>& blocks) {
      state.order->refused(space, blocks);
    },
    [&state](join_atom, const space_description& space) { state.join(space); },
    [&state](forecast_atom) { return state.outlook->results(); },
    [&state](forget_atom, space_id space) { state.forget(space); },
    [&state](apply_atom, const config::snapshot& fresh) { state.apply(*fresh); },
  };
}

}  // namespace cellard::actors
