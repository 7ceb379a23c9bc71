// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The scheduler of the actor system: it runs actors on the I/O threads of an io_pool (decisions.md
// A1) and replaces CAF's own, so that the daemon has one set of threads. Detached and blocking
// actors keep their threads; what they send is handed over to a thread of the pool, in turn.
//
//   io_pool pool(threads);
//   caf::actor_system_config cfg;
//   install_scheduler(cfg, pool);
//   caf::actor_system system(cfg);              // the pool's threads run from here
//   ...
//   await_running(system, 0, deadline);         // after exit was sent to every actor
//   system.await_actors_before_shutdown(false);
//                                               // ~actor_system stops the scheduler
//
// The scheduler owns what is queued. Its stop drops the clock's entries, ends the threads, buries
// what was queued (burial.hpp) and destroys the handlers left in the contexts, in this order (A7).
// An idle actor that nobody refers to dies with its last handle; one that refers to itself, by a
// parked promise or a cycle, must have got its exit before. Handles kept beyond the actor system
// are an error, as they are with CAF's own schedulers.
#pragma once

#include "daemon/actor_clock.hpp"
#include "daemon/exit_signal.hpp"
#include "daemon/io_pool.hpp"

#include <caf/actor_system_config.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>

#include <chrono>
#include <cstddef>

namespace cellard::daemon {

class scheduler final : public caf::scheduler::abstract_coordinator {
public:
  /// Made by CAF through install_scheduler. @pre `pool` serves no other system and is not started
  scheduler(caf::actor_system& system, io_pool& pool);

  /// Takes the reference of a ready actor: onto the calling thread's unit, or to the next thread in
  /// turn.
  void enqueue(caf::resumable* what) override;

  void init(caf::actor_system_config& config) override;
  void start() override;
  void stop() override;

  [[nodiscard]] actor_clock& clock() noexcept override { return clock_; }
  [[nodiscard]] exit_signal& ended() noexcept { return ended_; }
  [[nodiscard]] io_pool& pool() noexcept { return pool_; }

private:
  io_pool& pool_;
  exit_signal ended_;
  actor_clock clock_;
};

/// Makes every actor system that is built from `config` run on `pool`. One pool serves one system.
void install_scheduler(caf::actor_system_config& config, io_pool& pool);

/// The scheduler of a system whose configuration went through install_scheduler.
[[nodiscard]] scheduler& scheduler_of(caf::actor_system& system);

/// Waits until at most `count` actors run, as system.registry().running() counts them: hidden ones
/// not, a scoped_actor that is not hidden too. False when the deadline passed first. Any thread but
/// the pool's may call.
[[nodiscard]] bool await_running(caf::actor_system& system, std::size_t count,
                                 std::chrono::steady_clock::time_point deadline);

}  // namespace cellard::daemon
