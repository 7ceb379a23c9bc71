// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "daemon/io_pool.hpp"

#include <boost/asio/post.hpp>
#include <caf/actor_system.hpp>

#include <pthread.h>

#include <algorithm>
#include <string>

namespace cellard::daemon {

io_thread::io_thread(std::size_t index)
  : index_(index),
    work_(context_.get_executor()),
    unit_(context_),
    tick_timer_(context_) {
}

void io_thread::start() {
  thread_ = std::thread([this] { run(); });
}

void io_thread::run() {
  // At most 15 characters; a longer name is refused, and the thread runs without.
  pthread_setname_np(pthread_self(), ("cellard-io-" + std::to_string(index_)).c_str());
  const execution_unit::binding here(unit_);
  context_.run();
}

void io_thread::watch(std::chrono::milliseconds period, tick_listener listener) {
  tick_period_ = period;
  tick_listener_ = std::move(listener);
  tick_timer_.cancel();
  if (tick_period_.count() > 0) {
    arm_tick();
  }
}

void io_thread::arm_tick() {
  tick_timer_.expires_after(tick_period_);
  tick_timer_.async_wait([this](const boost::system::error_code& error) {
    if (error || tick_period_.count() == 0) {
      return;
    }
    ticks_.store(ticks() + 1, std::memory_order_relaxed);
    if (tick_listener_) {
      tick_listener_(index_);
    }
    arm_tick();
  });
}

io_pool::io_pool(std::size_t threads) {
  threads_.reserve(std::max<std::size_t>(threads, 1));
  do {
    threads_.push_back(std::make_unique<io_thread>(threads_.size()));
  } while (threads_.size() < threads);
}

io_pool::~io_pool() {
  stop();
  // All before any context goes: a handler of one may hold a socket of another.
  discard_handlers();
}

std::size_t io_pool::default_threads() noexcept {
  return std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, 4);
}

io_thread& io_pool::deal() noexcept {
  return *threads_[next_.fetch_add(1, std::memory_order_relaxed) % threads_.size()];
}

void io_pool::watch(std::chrono::milliseconds period, tick_listener listener) {
  for (auto& thread : threads_) {
    boost::asio::post(thread->context(),
                      [&thread = *thread, period, listener] { thread.watch(period, listener); });
  }
}

void io_pool::start() {
  try {
    for (auto& thread : threads_) {
      thread->start();
    }
  } catch (...) {
    stop();
    throw;
  }
}

void io_pool::stop() {
  for (auto& thread : threads_) {
    thread->context().stop();
  }
  for (auto& thread : threads_) {
    if (thread->thread_.joinable()) {
      thread->thread_.join();
    }
  }
}

void io_pool::discard_handlers() {
  for (auto& thread : threads_) {
    thread->context_.discard_handlers();
  }
}

}  // namespace cellard::daemon
