// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The daemon's threads: each has one io_context (concurrency hint 1) for its sockets and timers and
// one execution unit for the actors that these wake (decisions.md A3). Connections are dealt round
// robin. A timer per thread counts ticks while the watchdog watches, so that each thread proves
// that it lives (J3); nobody watching, an idle pool never wakes.
//
// The pool is made before the actor system and outlives it. The scheduler (scheduler.hpp) starts it
// with the system and ends it: stop, close the units, discard_handlers. Without a system the owner
// calls start and stop.
//
// Threads: deal, context, unit, ticks and watch from any; start, stop and discard_handlers from the
// owner's, which is none of the pool's. A handler must not throw: nothing above it could go on, so
// the process ends.
#pragma once

#include "daemon/execution_unit.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

namespace cellard::daemon {

/// Told by each watched thread at each of its ticks, on this thread; the argument is its index.
using tick_listener = std::function<void(std::size_t thread)>;

/// One thread of the pool, as a connection sees it.
class io_thread {
public:
  explicit io_thread(std::size_t index);

  [[nodiscard]] std::size_t index() const noexcept { return index_; }
  [[nodiscard]] boost::asio::io_context& context() noexcept { return context_; }
  [[nodiscard]] execution_unit& unit() noexcept { return unit_; }
  [[nodiscard]] const execution_unit& unit() const noexcept { return unit_; }

  /// Ticks since the pool was made; stands still while nobody watches or the thread is stuck.
  [[nodiscard]] std::uint64_t ticks() const noexcept {
    return ticks_.load(std::memory_order_relaxed);
  }

private:
  friend class io_pool;

  /// An io_context that can drop its handlers while it still lives: sockets that their owners close
  /// later need it.
  class context_type : public boost::asio::io_context {
  public:
    context_type() : io_context(1) {}
    void discard_handlers() { shutdown(); }
  };

  void start();
  void run();
  void watch(std::chrono::milliseconds period, tick_listener listener);
  void arm_tick();

  std::size_t index_;
  context_type context_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  execution_unit unit_;
  std::atomic<std::uint64_t> ticks_ = 0;
  boost::asio::steady_timer tick_timer_;
  std::chrono::milliseconds tick_period_{0};
  tick_listener tick_listener_;
  std::thread thread_;
};

class io_pool {
public:
  /// A pool of `threads` threads, at least one. None runs before start().
  explicit io_pool(std::size_t threads);
  io_pool(const io_pool&) = delete;
  io_pool& operator=(const io_pool&) = delete;
  /// Stops what still runs. @pre the actor system that used the pool is gone
  ~io_pool();

  /// min(4, cores), the default of the configuration (A3).
  [[nodiscard]] static std::size_t default_threads() noexcept;

  [[nodiscard]] std::size_t size() const noexcept { return threads_.size(); }
  [[nodiscard]] io_thread& thread(std::size_t index) { return *threads_.at(index); }
  [[nodiscard]] boost::asio::io_context& context(std::size_t index) {
    return thread(index).context();
  }
  [[nodiscard]] execution_unit& unit(std::size_t index) { return thread(index).unit(); }

  /// The thread whose turn it is to get a connection.
  [[nodiscard]] io_thread& deal() noexcept;

  /// Ticks of thread `index`.
  [[nodiscard]] std::uint64_t ticks(std::size_t index) { return thread(index).ticks(); }

  /// From now on each thread ticks every `period`, and tells `listener` if there is one. Zero ends
  /// it.
  void watch(std::chrono::milliseconds period, tick_listener listener = {});

  /// Starts the threads. @throws std::system_error when the system gives no thread; none is left
  /// then
  void start();

  /// Stops the contexts where they are and joins the threads. What is queued stays queued.
  /// Idempotent.
  void stop();

  /// Destroys the handlers and posted work that will not run any more, with all that they hold,
  /// while sockets and timers can still be destroyed by their owners. @pre stopped
  void discard_handlers();

private:
  std::vector<std::unique_ptr<io_thread>> threads_;
  std::atomic<std::size_t> next_ = 0;
};

}  // namespace cellard::daemon
