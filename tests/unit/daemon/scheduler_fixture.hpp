// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// An actor system on an io_pool, and the events that the scheduler's tests wait for. No test
// sleeps: each waits for something that happens, at most `patience`, which only a failure ever
// reaches.
#pragma once

#include "daemon/scheduler.hpp"

#include <caf/all.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>

namespace cellard::daemon::testing {

inline constexpr std::chrono::seconds patience{30};

inline std::chrono::steady_clock::time_point soon() {
  return std::chrono::steady_clock::now() + patience;
}

/// Counts what happens on any thread; one thread waits until it happened often enough.
class event {
public:
  void happen() {
    // Told under the mutex: the one who waits may destroy the event as soon as it has it.
    const std::lock_guard guard(mutex_);
    ++count_;
    happened_.notify_all();
  }

  [[nodiscard]] bool wait(std::size_t times = 1) {
    std::unique_lock guard(mutex_);
    return happened_.wait_for(guard, patience, [&] { return count_ >= times; });
  }

  [[nodiscard]] std::size_t count() const {
    const std::lock_guard guard(mutex_);
    return count_;
  }

private:
  mutable std::mutex mutex_;
  std::condition_variable happened_;
  std::size_t count_ = 0;
};

/// Constructions minus destructions of the actors' states that carry a `counted`.
inline std::atomic<std::ptrdiff_t> living_states{0};

struct counted {
  counted() { ++living_states; }
  counted(const counted&) = delete;
  counted& operator=(const counted&) = delete;
  ~counted() { --living_states; }
};

/// A system on `threads` threads; ends without waiting for its actors, as the daemon's does.
struct running_system {
  explicit running_system(std::size_t threads) : pool(threads) {
    install_scheduler(config, pool);
    system.emplace(config);
    system->await_actors_before_shutdown(false);
  }

  /// Ends the system, if it has not ended, while the pool goes on to exist.
  void end() { system.reset(); }

  [[nodiscard]] actor_clock& clock() { return scheduler_of(*system).clock(); }
  [[nodiscard]] bool all_gone() { return await_running(*system, 0, soon()); }

  io_pool pool;
  caf::actor_system_config config;
  std::optional<caf::actor_system> system;
};

}  // namespace cellard::daemon::testing
