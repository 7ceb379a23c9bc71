// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "daemon/actor_clock.hpp"

#include <boost/asio/post.hpp>
#include <caf/actor_cast.hpp>
#include <caf/system_messages.hpp>

#include <vector>

namespace cellard::daemon {

actor_clock::time_point actor_clock::now() const noexcept {
  if (frozen_.load(std::memory_order_acquire)) {
    return time_point(duration_type(frozen_now_.load(std::memory_order_acquire)));
  }
  return clock_type::now();
}

template <class F>
void actor_clock::schedule(time_point due, F&& insert) {
  {
    const std::lock_guard guard(mutex_);
    if (stopped_) {
      return;
    }
    insert();
    if (due >= wanted_ || frozen_.load(std::memory_order_relaxed)) {
      return;
    }
    wanted_ = due;
  }
  boost::asio::post(context_, [this] { arm(); });
}

void actor_clock::set_ordinary_timeout(time_point due, caf::abstract_actor* self,
                                       caf::atom_value type, std::uint64_t id) {
  schedule(due, [&] { simple_actor_clock::set_ordinary_timeout(due, self, type, id); });
}

void actor_clock::set_multi_timeout(time_point due, caf::abstract_actor* self, caf::atom_value type,
                                    std::uint64_t id) {
  schedule(due, [&] { simple_actor_clock::set_multi_timeout(due, self, type, id); });
}

void actor_clock::set_request_timeout(time_point due, caf::abstract_actor* self,
                                      caf::message_id id) {
  schedule(due, [&] { simple_actor_clock::set_request_timeout(due, self, id); });
}

void actor_clock::schedule_message(time_point due, caf::strong_actor_ptr receiver,
                                   caf::mailbox_element_ptr content) {
  schedule(due, [&] {
    simple_actor_clock::schedule_message(due, std::move(receiver), std::move(content));
  });
}

void actor_clock::schedule_message(time_point due, caf::group target, caf::strong_actor_ptr sender,
                                   caf::message content) {
  schedule(due, [&] {
    simple_actor_clock::schedule_message(due, std::move(target), std::move(sender),
                                         std::move(content));
  });
}

// The three cancellations release references under the mutex, which is safe: the caller holds
// another one.

void actor_clock::cancel_ordinary_timeout(caf::abstract_actor* self, caf::atom_value type) {
  const std::lock_guard guard(mutex_);
  simple_actor_clock::cancel_ordinary_timeout(self, type);
}

void actor_clock::cancel_request_timeout(caf::abstract_actor* self, caf::message_id id) {
  const std::lock_guard guard(mutex_);
  simple_actor_clock::cancel_request_timeout(self, id);
}

void actor_clock::cancel_timeouts(caf::abstract_actor* self) {
  const std::lock_guard guard(mutex_);
  simple_actor_clock::cancel_timeouts(self);
}

void actor_clock::cancel_all() {
  schedule_map dropped;
  const std::lock_guard guard(mutex_);
  actor_lookup_.clear();
  dropped.swap(schedule_);
}

void actor_clock::stop() {
  {
    const std::lock_guard guard(mutex_);
    stopped_ = true;
  }
  cancel_all();
}

std::size_t actor_clock::pending() const {
  const std::lock_guard guard(mutex_);
  return schedule_.size();
}

void actor_clock::freeze() {
  const std::lock_guard guard(mutex_);
  frozen_now_.store(clock_type::now().time_since_epoch().count(), std::memory_order_release);
  frozen_.store(true, std::memory_order_release);
}

std::size_t actor_clock::advance(duration_type by) {
  frozen_now_.fetch_add(by.count(), std::memory_order_acq_rel);
  return fire();
}

void actor_clock::arm() {
  time_point due;
  {
    const std::lock_guard guard(mutex_);
    if (stopped_ || schedule_.empty() || frozen_.load(std::memory_order_relaxed)) {
      wanted_ = time_point::max();
      return;
    }
    due = wanted_ = schedule_.begin()->first;
  }
  timer_.expires_at(due);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) {
      fire();
      arm();
    }
  });
}

std::size_t actor_clock::fire() {
  std::vector<unique_delayed_event_ptr> due;
  {
    const std::lock_guard guard(mutex_);
    const auto time = now();
    while (!schedule_.empty() && schedule_.begin()->first <= time) {
      auto entry = std::move(schedule_.begin()->second);
      if (entry->backlink != actor_lookup_.end()) {
        actor_lookup_.erase(entry->backlink);
      }
      schedule_.erase(schedule_.begin());
      due.push_back(std::move(entry));
    }
  }
  for (auto& entry : due) {
    ship(*entry);
  }
  return due.size();
}

}  // namespace cellard::daemon
