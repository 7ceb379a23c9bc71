// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "daemon/scheduler.hpp"

#include "daemon/burial.hpp"

#include <caf/actor_registry.hpp>
#include <caf/actor_system.hpp>

#include <cassert>

namespace cellard::daemon {

scheduler::scheduler(caf::actor_system& system, io_pool& pool)
  : abstract_coordinator(system),
    pool_(pool),
    clock_(pool.context(0)) {
  for (std::size_t i = 0; i < pool_.size(); ++i) {
    pool_.unit(i).attach(system, ended_);
  }
}

void scheduler::enqueue(caf::resumable* what) {
  auto* here = execution_unit::current();
  if (here == nullptr || !here->serves(system())) {
    here = &pool_.unit(next_worker_.fetch_add(1, std::memory_order_relaxed) % pool_.size());
  }
  here->exec_later(what);
}

void scheduler::init(caf::actor_system_config& config) {
  abstract_coordinator::init(config);
  // Not from the configuration: CAF's default has no limit, with which a busy mailbox stops all
  // sockets (A4).
  max_throughput_ = messages_per_turn;
  num_workers_ = pool_.size();
}

void scheduler::start() {
  abstract_coordinator::start();
  pool_.start();
}

void scheduler::stop() {
  clock_.stop();
  pool_.stop();
  for (std::size_t i = 0; i < pool_.size(); ++i) {
    for (auto* what : pool_.unit(i).close()) {
      bury(what);
    }
  }
  // What these handlers hold may be the last handle of an actor, and that actor needs the system to
  // die in.
  pool_.discard_handlers();
  // CAF's printer goes last, so that the dying are heard.
  stop_actors();
}

void install_scheduler(caf::actor_system_config& config, io_pool& pool) {
  config.module_factories.emplace_back(
    [&pool](caf::actor_system& system) -> caf::actor_system::module* {
      return new scheduler(system, pool);
    });
}

scheduler& scheduler_of(caf::actor_system& system) {
  auto* ours = dynamic_cast<scheduler*>(&system.scheduler());
  assert(ours != nullptr);
  return *ours;
}

bool await_running(caf::actor_system& system, std::size_t count,
                   std::chrono::steady_clock::time_point deadline) {
  assert(execution_unit::current() == nullptr);
  return scheduler_of(system).ended().wait([&] { return system.registry().running() <= count; },
                                           deadline);
}

}  // namespace cellard::daemon
