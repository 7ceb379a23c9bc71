// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The clock of the actor system: CAF's schedule of timeouts and delayed messages, fired by one Asio
// timer instead of a thread of CAF's own (decisions.md A6). The timer is armed only while something
// is scheduled. What is due is sent from the thread of the given context, and so runs there.
//
// One mutex guards the schedule. Nothing is sent and no actor is released under it: the last
// reference of an actor may die with an entry, and its cleanup comes back here. The timer is
// touched only by its context's thread.
//
// Any thread may call, except where a function says otherwise. Tests freeze the clock and advance
// it by hand.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <caf/detail/simple_actor_clock.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <mutex>
#include <utility>

namespace cellard::daemon {

class actor_clock final : public caf::detail::simple_actor_clock {
public:
  /// A clock whose timer lives on `context`.
  explicit actor_clock(boost::asio::io_context& context) : context_(context), timer_(context) {}

  [[nodiscard]] time_point now() const noexcept override;

  void set_ordinary_timeout(time_point due, caf::abstract_actor* self, caf::atom_value type,
                            std::uint64_t id) override;
  void set_multi_timeout(time_point due, caf::abstract_actor* self, caf::atom_value type,
                         std::uint64_t id) override;
  void set_request_timeout(time_point due, caf::abstract_actor* self, caf::message_id id) override;
  void cancel_ordinary_timeout(caf::abstract_actor* self, caf::atom_value type) override;
  void cancel_request_timeout(caf::abstract_actor* self, caf::message_id id) override;
  void cancel_timeouts(caf::abstract_actor* self) override;
  void schedule_message(time_point due, caf::strong_actor_ptr receiver,
                        caf::mailbox_element_ptr content) override;
  void schedule_message(time_point due, caf::group target, caf::strong_actor_ptr sender,
                        caf::message content) override;

  /// Drops all that is scheduled. Actors that only the schedule kept alive end here.
  void cancel_all() override;

  /// Refuses everything from now on, then cancel_all().
  void stop();

  /// Entries in the schedule, for tests and statistics.
  [[nodiscard]] std::size_t pending() const;

  /// For tests: time stands still until advance() moves it. @pre the system is idle and nothing is
  /// scheduled
  void freeze();

  /// For tests: moves a frozen clock on and sends what is due, from this thread. Returns how many
  /// were sent.
  std::size_t advance(duration_type by);

private:
  template <class F>
  void schedule(time_point due, F&& insert);
  void arm();
  std::size_t fire();

  mutable std::mutex mutex_;
  bool stopped_ = false;
  time_point wanted_ =
    time_point::max();  // when the timer goes off, or will as soon as it is armed
  std::atomic<bool> frozen_ = false;
  std::atomic<duration_type::rep> frozen_now_ = 0;
  boost::asio::io_context& context_;
  boost::asio::steady_timer timer_;
};

}  // namespace cellard::daemon
