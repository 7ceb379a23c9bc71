// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Where actors run: one unit per I/O thread, with a ready queue of its own. An actor that a turn
// makes ready joins the queue of the thread that ran this turn and is reached without a wake-up and
// without a trip through Asio (decisions.md A2). Completion handlers speak to actors through
// `inject`, which also runs them (A8).
//
// Sockets and actors share the thread, so a drain ends after `turns_per_drain` turns or
// `time_per_drain`, whichever is first. What is left keeps its place, before newcomers, and goes on
// after Asio looked at the sockets: at most one token per unit waits in Asio's queue for this (A4).
//
// Other threads hand actors over through a lock-free list, and one token wakes the thread; no
// mutex. The unit owns the reference of each queued actor until `close` returns them all; from then
// on an actor that is still handed over is buried by the thread that hands it over (burial.hpp).
//
// Threads: exec_later and the observers any; inject and drain the unit's own thread; attach and
// close while no thread runs the unit. A unit outlives the actor system that it serves.
#pragma once

#include <boost/asio/io_context.hpp>
#include <caf/abstract_actor.hpp>
#include <caf/actor_cast.hpp>
#include <caf/check_typed_input.hpp>
#include <caf/detail/implicit_conversions.hpp>
#include <caf/execution_unit.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/message_id.hpp>
#include <caf/response_type.hpp>
#include <caf/resumable.hpp>

#include <atomic>
#include <cassert>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>

namespace cellard::daemon {

class exit_signal;

// The limits of decisions.md A4. An echo takes 12 us beside actors that never stop answering each
// other (8 when they rest) and 33 us beside mailboxes that never empty; without any of the three it
// stops for ever.
inline constexpr std::size_t turns_per_drain = 16;
inline constexpr std::chrono::microseconds time_per_drain{50};
inline constexpr std::size_t messages_per_turn = 16;

/// A turn that takes longer than this is counted as slow (A9).
inline constexpr std::chrono::milliseconds slow_turn{1};

/// What a unit has done, for statistics. Written by its thread alone, read by any.
struct alignas(64) unit_counters {
  std::atomic<std::uint64_t> turns = 0;        ///< times that an actor ran
  std::atomic<std::uint64_t> drains = 0;       ///< drains that ran at least one actor
  std::atomic<std::uint64_t> cut_drains = 0;   ///< drains that ended at a limit with actors left
  std::atomic<std::uint64_t> handed_over = 0;  ///< actors that came from other threads
  std::atomic<std::uint64_t> slow_turns = 0;   ///< turns longer than `slow_turn`
};

class execution_unit final : public caf::execution_unit {
public:
  /// A unit whose drains run on the thread of `context`.
  explicit execution_unit(boost::asio::io_context& context) : context_(context) {}
  execution_unit(const execution_unit&) = delete;
  execution_unit& operator=(const execution_unit&) = delete;
  ~execution_unit() override;

  /// The unit of the calling thread, or null outside of the pool.
  [[nodiscard]] static execution_unit* current() noexcept;

  /// Takes the reference of a ready actor and runs it later, on this unit's thread.
  void exec_later(caf::resumable* what) override;

  /// Sends the actor behind `receiver` an anonymous message and runs what is ready, as far as one
  /// drain goes.
  /// @pre the caller is an Asio handler (or an actor's turn) on this unit's thread
  template <class Handle, class... Ts>
  void inject(const Handle& receiver, Ts&&... content) {
    using token = caf::detail::type_list<caf::detail::strip_and_convert_t<Ts>...>;
    static_assert(caf::response_type_unbox<caf::signatures_of_t<Handle>, token>::valid,
                  "the receiver does not accept this message");
    auto* actor = caf::actor_cast<caf::abstract_actor*>(receiver);
    assert(current() == this && actor != nullptr);
    const bool outer = std::exchange(collecting_, true);
    actor->enqueue(
      caf::make_mailbox_element(nullptr, caf::make_message_id(), {}, std::forward<Ts>(content)...),
      this);
    collecting_ = outer;
    drain();
  }

  /// Runs ready actors up to the limits; asks for a token when some are left. Does nothing inside
  /// of a turn.
  void drain();

  [[nodiscard]] const unit_counters& counters() const noexcept { return counters_; }

  /// True if this unit runs the actors of `system`.
  [[nodiscard]] bool serves(const caf::actor_system& system) const noexcept {
    return system_ == &system;
  }

  /// Binds the unit to its one system. @pre not bound before, no thread runs it
  void attach(caf::actor_system& system, exit_signal& ended);

  /// Ends the unit: returns the actors that are ready, in order and with their references, and
  /// refuses all later ones.
  [[nodiscard]] std::deque<caf::resumable*> close();

  /// Makes this unit the calling thread's own while it lives. The pool's threads begin with it.
  class binding {
  public:
    explicit binding(execution_unit& unit) noexcept;
    binding(const binding&) = delete;
    binding& operator=(const binding&) = delete;
    ~binding();
  };

private:
  /// An actor on its way here from another thread.
  struct parcel {
    caf::resumable* what;
    parcel* next;
  };

  static parcel closed_inbox;  // stands in inbox_ when the unit is closed

  void hand_over(caf::resumable* what);
  void take_inbox();
  void unpack(parcel* newest);
  void request_token();
  void run_turn(caf::resumable* what);

  boost::asio::io_context& context_;
  exit_signal* ended_ = nullptr;
  std::deque<caf::resumable*> ready_;
  bool collecting_ = false;  // a drain is going on or about to begin, so no token is needed
  bool draining_ = false;
  unit_counters counters_;
  alignas(64) std::atomic<parcel*> inbox_ = nullptr;  // newest first
  std::atomic<bool> token_ = false;                   // one waits in Asio's queue
};

}  // namespace cellard::daemon
