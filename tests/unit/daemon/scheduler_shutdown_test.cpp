// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The end of the scheduler, idle and in the middle of work: it is prompt, and no actor's state
// outlives it.
#include "daemon/scheduler.hpp"
#include "tests/unit/daemon/scheduler_fixture.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <vector>

namespace cellard::daemon::testing {
namespace {

namespace data = boost::unit_test::data;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;

const auto thread_counts = data::make({1, 2, 4});

struct player_state {
  counted alive;
  caf::actor partner;
};

/// Answers each `put` with a `put`, so that two of them never stop.
caf::behavior player(caf::stateful_actor<player_state>* self, event* turn) {
  return {
    [self, turn](caf::put_atom, caf::actor partner) {
      self->state.partner = std::move(partner);
      self->send(self->state.partner, caf::ok_atom_v);
      turn->happen();
    },
    [](caf::ok_atom) { return caf::ok_atom_v; },
  };
}

struct idler_state {
  counted alive;
};

caf::behavior idler(caf::stateful_actor<idler_state>*) {
  return {[](caf::ok_atom) {
  }};
}

BOOST_AUTO_TEST_SUITE(scheduler_shutdown)

BOOST_DATA_TEST_CASE(an_idle_system_ends, thread_counts, threads) {
  for (int round = 0; round < 20; ++round) {
    running_system running(static_cast<std::size_t>(threads));
    for (int i = 0; i < 10; ++i) {
      running.system->spawn(idler);
    }
    running.end();
    BOOST_TEST(living_states.load() == 0);
  }
}

BOOST_DATA_TEST_CASE(work_in_flight_is_buried, thread_counts, threads) {
  constexpr std::size_t pairs = 100;
  for (int round = 0; round < 10; ++round) {
    running_system running(static_cast<std::size_t>(threads));
    event turn;
    for (std::size_t i = 0; i < pairs; ++i) {
      auto first = running.system->spawn(player, &turn);
      caf::anon_send(first, caf::put_atom_v, running.system->spawn(player, &turn));
    }
    BOOST_TEST_REQUIRE(turn.wait(pairs));
    running.end();
    BOOST_TEST(living_states.load() == 0);
  }
}

BOOST_DATA_TEST_CASE(actors_that_never_had_a_turn_are_buried, thread_counts, threads) {
  running_system running(static_cast<std::size_t>(threads));
  event blocked;
  event release;
  for (std::size_t i = 0; i < running.pool.size(); ++i) {
    boost::asio::post(running.pool.context(i), [&] {
      blocked.happen();
      if (!release.wait()) {
        std::abort();
      }
    });
  }
  BOOST_TEST_REQUIRE(blocked.wait(running.pool.size()));
  for (int i = 0; i < 1000; ++i) {
    running.system->spawn(idler);
  }
  for (std::size_t i = 0; i < running.pool.size(); ++i) {
    running.pool.context(i).stop();
  }
  release.happen();
  running.end();
  BOOST_TEST(living_states.load() == 0);
}

BOOST_DATA_TEST_CASE(pending_timeouts_and_messages_do_not_hold_it_up, thread_counts, threads) {
  running_system running(static_cast<std::size_t>(threads));
  event ready;
  for (std::size_t i = 0; i < 50; ++i) {
    running.system->spawn([&](caf::stateful_actor<idler_state>* self) -> caf::behavior {
      self->delayed_send(self, hours(1), caf::ok_atom_v);
      self->request(self->spawn(idler), minutes(60), caf::ok_atom_v)
        .then([] {}, [](caf::error&) {});
      ready.happen();
      return {
        [](caf::ok_atom) {},
        caf::after(minutes(60)) >> [] {},
      };
    });
  }
  BOOST_TEST_REQUIRE(ready.wait(50));
  running.end();
  BOOST_TEST(living_states.load() == 0);
}

BOOST_DATA_TEST_CASE(a_detached_actor_may_send_until_after_the_stop, thread_counts, threads) {
  running_system running(static_cast<std::size_t>(threads));
  event flooding;
  event written;
  std::vector<caf::actor> targets;
  for (int i = 0; i < 16; ++i) {
    targets.push_back(running.system->spawn(idler));
  }
  auto flood = running.system->spawn<caf::detached>(
    [&flooding, targets = std::exchange(targets, {})](
      caf::stateful_actor<idler_state>* self) -> caf::behavior {
      self->send(self, caf::tick_atom_v);
      return {
        [self, &flooding, targets](caf::tick_atom) {
          for (const auto& target : targets) {
            self->send(target, caf::ok_atom_v);
          }
          flooding.happen();
          self->send(self, caf::tick_atom_v);
        },
      };
    });
  // Told to end by a state that dies when the scheduler is stopping already, so the flood goes on
  // beyond the close.
  struct last_will_state {
    last_will_state() = default;
    ~last_will_state() { caf::anon_send_exit(heir, caf::exit_reason::user_shutdown); }
    counted alive;
    caf::actor heir;
  };
  running.system->spawn(
    [&written, flood](caf::stateful_actor<last_will_state>* self) -> caf::behavior {
      self->state.heir = flood;
      self->delayed_send(self, hours(1), caf::ok_atom_v);
      written.happen();
      return {[](caf::ok_atom) {
      }};
    });
  flood = nullptr;
  BOOST_TEST_REQUIRE(written.wait());
  BOOST_TEST_REQUIRE(flooding.wait(100));
  running.end();
  BOOST_TEST(living_states.load() == 0);
}

BOOST_DATA_TEST_CASE(handlers_that_never_ran_may_hold_the_last_handle, thread_counts, threads) {
  running_system running(static_cast<std::size_t>(threads));
  std::vector<boost::asio::steady_timer> timers;
  for (std::size_t i = 0; i < running.pool.size(); ++i) {
    auto& timer = timers.emplace_back(running.pool.context(i), hours(1));
    timer.async_wait([actor = running.system->spawn(idler)](const boost::system::error_code&) {});
  }
  running.end();
  BOOST_TEST(living_states.load() == 0);
}

BOOST_DATA_TEST_CASE(await_running_sees_every_kind_of_actor_end, thread_counts, threads) {
  running_system running(static_cast<std::size_t>(threads));
  std::vector<caf::actor> actors;
  for (int i = 0; i < 10; ++i) {
    actors.push_back(running.system->spawn(idler));
    actors.push_back(running.system->spawn<caf::detached>(idler));
  }
  BOOST_TEST(
    !await_running(*running.system, 19, std::chrono::steady_clock::now() + milliseconds(1)));
  for (const auto& actor : actors) {
    caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
  }
  BOOST_TEST(running.all_gone());
  actors.clear();
  running.end();
  BOOST_TEST(living_states.load() == 0);
}

BOOST_AUTO_TEST_CASE(a_pool_without_a_system_starts_and_stops) {
  io_pool pool(2);
  event ran;
  boost::asio::post(pool.context(1), [&] { ran.happen(); });
  pool.start();
  BOOST_TEST(ran.wait());
  pool.stop();
  pool.stop();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace cellard::daemon::testing
