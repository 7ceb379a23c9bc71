// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "daemon/execution_unit.hpp"

#include "daemon/burial.hpp"
#include "daemon/exit_signal.hpp"

#include <boost/asio/post.hpp>

namespace cellard::daemon {

namespace {

thread_local execution_unit* unit_of_this_thread = nullptr;

void count(std::atomic<std::uint64_t>& counter, std::uint64_t by = 1) {
  // One writer, so a load and a store do; a locked add for each turn would be paid by every
  // request.
  counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
}

}  // namespace

execution_unit::parcel execution_unit::closed_inbox{nullptr, nullptr};

execution_unit::binding::binding(execution_unit& unit) noexcept {
  assert(unit_of_this_thread == nullptr);
  unit_of_this_thread = &unit;
}

execution_unit::binding::~binding() {
  unit_of_this_thread = nullptr;
}

execution_unit::~execution_unit() {
  // The scheduler has closed a unit that served a system. One that never did has nothing queued.
  assert(ready_.empty());
}

execution_unit* execution_unit::current() noexcept {
  return unit_of_this_thread;
}

void execution_unit::attach(caf::actor_system& system, exit_signal& ended) {
  assert(system_ == nullptr);
  system_ = &system;
  ended_ = &ended;
}

void execution_unit::exec_later(caf::resumable* what) {
  // CAF promises to call only from a turn of this unit, and breaks it: a promise in a dying actor's
  // state answers through the unit of its last turn, on the thread that dropped the last handle.
  if (current() != this) {
    hand_over(what);
    return;
  }
  ready_.push_back(what);
  if (!collecting_) {
    request_token();
  }
}

void execution_unit::hand_over(caf::resumable* what) {
  auto* ours = new parcel{what, nullptr};
  auto* head = inbox_.load(std::memory_order_acquire);
  do {
    if (head == &closed_inbox) {
      delete ours;
      bury(what);
      return;
    }
    ours->next = head;
  } while (!inbox_.compare_exchange_weak(head, ours, std::memory_order_release,
                                         std::memory_order_acquire));
  request_token();
}

void execution_unit::take_inbox() {
  // The look without an exchange keeps the locked instruction off the path of drains that no other
  // thread fed.
  if (inbox_.load(std::memory_order_relaxed) != nullptr) {
    unpack(inbox_.exchange(nullptr, std::memory_order_acquire));
  }
}

void execution_unit::unpack(parcel* newest) {
  parcel* oldest = nullptr;
  while (newest != nullptr) {
    auto* next = newest->next;
    newest->next = oldest;
    oldest = newest;
    newest = next;
  }
  std::uint64_t taken = 0;
  while (oldest != nullptr) {
    ready_.push_back(oldest->what);
    delete std::exchange(oldest, oldest->next);
    ++taken;
  }
  count(counters_.handed_over, taken);
}

void execution_unit::request_token() {
  if (token_.exchange(true, std::memory_order_acq_rel)) {
    return;
  }
  boost::asio::post(context_, [this] {
    // Before the drain: whoever hands over after this asks for the next token, whoever did before
    // is seen now.
    token_.exchange(false, std::memory_order_acq_rel);
    drain();
  });
}

void execution_unit::drain() {
  using clock = std::chrono::steady_clock;
  assert(current() == this);
  if (draining_) {
    return;
  }
  take_inbox();
  if (ready_.empty()) {
    return;
  }
  draining_ = true;
  const bool outer = std::exchange(collecting_, true);
  auto turn_began = clock::now();
  const auto end = turn_began + time_per_drain;
  for (std::size_t turns = 0; turns < turns_per_drain && !ready_.empty() && turn_began < end;
       ++turns) {
    auto* what = ready_.front();
    ready_.pop_front();
    run_turn(what);
    const auto now = clock::now();
    if (now - turn_began > slow_turn) {
      count(counters_.slow_turns);
    }
    turn_began = now;
  }
  count(counters_.drains);
  collecting_ = outer;
  draining_ = false;
  if (!ready_.empty()) {
    count(counters_.cut_drains);
    request_token();
  }
}

void execution_unit::run_turn(caf::resumable* what) {
  count(counters_.turns);
  switch (what->resume(this, messages_per_turn)) {
  case caf::resumable::resume_later:
    ready_.push_back(what);
    break;
  case caf::resumable::done:
    caf::intrusive_ptr_release(what);
    ended_->notify();
    break;
  case caf::resumable::awaiting_message:
  case caf::resumable::shutdown_execution_unit:
    caf::intrusive_ptr_release(what);
    break;
  }
}

std::deque<caf::resumable*> execution_unit::close() {
  auto* newest = inbox_.exchange(&closed_inbox, std::memory_order_acquire);
  if (newest != &closed_inbox) {
    unpack(newest);
  }
  return std::exchange(ready_, {});
}

}  // namespace cellard::daemon
