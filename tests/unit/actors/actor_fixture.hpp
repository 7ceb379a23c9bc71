// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// An actor system in which nothing happens until the test says so: CAF's test coordinator runs on
// the test's thread, and its clock stands still until it is advanced. What actors measure by the
// steady clock (deadlines, silence) a test moves by giving requests an arrival in the past.
//
// All actors are ended before the system: an actor that waits for an answer would never go.
#pragma once

#include "actors/handles.hpp"
#include "core/server_counters.hpp"

#include <boost/test/unit_test.hpp>
#include <caf/all.hpp>
#include <caf/scheduler/test_coordinator.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace cellard::actors::testing {

inline constexpr std::uint64_t kib = 1024;
inline constexpr std::uint64_t mib = 1024 * kib;

/// Blocks of the tests: a segment of 1 MiB has 16 of them, and one is copied in the shard's turn.
inline constexpr std::uint64_t block_bytes = 64 * kib;

inline core::layout opaque(std::uint64_t bytes = block_bytes) {
  core::layout shape;
  shape.max_bytes = bytes;
  return shape;
}

inline config::configuration small_configuration(std::uint64_t capacity = 16 * mib) {
  config::configuration settings;
  settings.memory.capacity = config::size_or_percent{capacity};
  settings.memory.segment_bytes = mib;
  settings.limits.staging_bytes = mib;
  settings.limits.staging_total = config::size_or_percent{std::uint64_t{2 * mib}};
  return settings;
}

inline config::snapshot frozen(const config::configuration& settings, std::uint64_t version = 1) {
  return config::make_snapshot(settings, version);
}

template <class T>
struct answer_to {
  std::optional<T> value;
  bool gone = false;  ///< the actor that was asked has died
};

class stepped_system {
public:
  stepped_system() : scheduler_(start()) {}
  ~stepped_system() {
    for (const auto& each : spawned_) {
      caf::anon_send_exit(each, caf::exit_reason::kill);
    }
    run();
  }
  stepped_system(const stepped_system&) = delete;
  stepped_system& operator=(const stepped_system&) = delete;

  /// As system.spawn; the actor is ended with this object.
  template <class... Args>
  auto spawn(Args&&... args) {
    auto made = system_->spawn(std::forward<Args>(args)...);
    spawned_.push_back(caf::actor_cast<caf::actor>(made));
    return made;
  }

  /// Until nobody has a message. Returns how many turns that took.
  std::size_t run() { return scheduler_.run(); }

  /// Moves the clock, and runs what that woke.
  void advance(std::chrono::milliseconds by) {
    scheduler_.advance_time(by);
    run();
  }

  [[nodiscard]] caf::scheduler::test_coordinator& scheduler() noexcept { return scheduler_; }

  template <class Actor, class... Args>
  void tell(const Actor& whom, Args&&... args) {
    caf::anon_send(whom, std::forward<Args>(args)...);
  }

  /// Asks; the answer is in the result once it has come. Nothing has run yet.
  template <class T, class Actor, class... Args>
  std::shared_ptr<answer_to<T>> start_asking(const Actor& whom, const Args&... args) {
    auto answer = std::make_shared<answer_to<T>>();
    spawn([=](caf::event_based_actor* me) {
      me->request(whom, caf::infinite, args...)
        .then([answer](T& value) { answer->value = std::move(value); },
              [answer](const caf::error&) { answer->gone = true; });
    });
    return answer;
  }

  /// The answer; nothing when the actor is dead. Fails the test when none comes.
  template <class T, class Actor, class... Args>
  std::optional<T> ask(const Actor& whom, const Args&... args) {
    const auto answer = start_asking<T>(whom, args...);
    run();
    BOOST_TEST_REQUIRE((answer->value || answer->gone), "a request was never answered");
    return std::move(answer->value);
  }

  void end(const caf::actor& whom, caf::exit_reason why = caf::exit_reason::user_shutdown) {
    caf::anon_send_exit(whom, why);
    run();
  }
  template <class Actor>
  void end(const Actor& whom, caf::exit_reason why = caf::exit_reason::user_shutdown) {
    end(caf::actor_cast<caf::actor>(whom), why);
  }

private:
  caf::scheduler::test_coordinator& start() {
    config_.set("scheduler.policy", caf::atom("testing"));
    system_.emplace(config_);
    system_->await_actors_before_shutdown(false);
    return dynamic_cast<caf::scheduler::test_coordinator&>(system_->scheduler());
  }

  caf::actor_system_config config_;
  std::optional<caf::actor_system> system_;
  caf::scheduler::test_coordinator& scheduler_;
  std::vector<caf::actor> spawned_;
};

/// What a shard that only listens has heard.
struct heard {
  std::vector<std::shared_ptr<core::segment>> segments;
  int denied = 0;
  int room = 0;
  int retire = 0;
};

/// A shard that answers nothing of note.
inline shard_actor::behavior_type listening_shard(std::shared_ptr<heard> what) {
  return {
    [](chain_atom, const chain_call&) {},
    [](scrub_atom, const chain_call&) { return core::removal{}; },
    [](release_atom, session_id, const std::vector<std::uint64_t>&) {},
    [](revoke_atom, session_id) { return std::uint32_t{0}; },
    [](reserve_atom, const write_call&) { return std::vector<core::reservation>{}; },
    [](put_atom, const write_call&) { return std::vector<core::errc>{}; },
    [](commit_atom, const write_call&) { return std::vector<core::errc>{}; },
    [](abort_atom, const write_call&) { return std::uint32_t{0}; },
    [](read_atom, const write_call&) -> core::result<read_answer> {
      return core::fail(core::errc::internal, "a double");
    },
    [](list_atom, std::uint64_t, std::uint32_t) { return list_page{}; },
    [](join_atom, session_id, std::uint32_t, const std::string&) -> core::result<std::uint16_t> {
      return std::uint16_t{0};
    },
    [](salt_atom, const std::string&) -> core::result<std::uint16_t> { return std::uint16_t{0}; },
    [](corrupt_atom, const write_call&) { return std::uint32_t{0}; },
    [](leave_atom, session_id, std::uint32_t) {},
    [](clear_atom) { return std::uint32_t{0}; },
    [](tick_atom) {},
    [what](segment_atom, const std::shared_ptr<core::segment>& fresh) {
      what->segments.push_back(fresh);
    },
    [what](denied_atom, bool) { ++what->denied; },
    [what](room_atom) { ++what->room; },
    [what](retire_atom) { ++what->retire; },
    [](encode_atom, const encoder_actor&, const encoder_actor&) {},
    [](apply_atom, const config::snapshot&) {},
  };
}

}  // namespace cellard::actors::testing
