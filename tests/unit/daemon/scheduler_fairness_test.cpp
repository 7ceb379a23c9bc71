// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Sockets and mailboxes share a thread. The echo's client and server live on one context, so that
// the number of turns between two echoes depends on the scheduler alone and not on how the kernel
// deals out the cores: the tests compare counts, never times.
#include "daemon/scheduler.hpp"
#include "tests/unit/daemon/scheduler_fixture.hpp"

#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <array>

namespace cellard::daemon::testing {
namespace {

namespace asio = boost::asio;
namespace data = boost::unit_test::data;
using socket_type = asio::local::stream_protocol::socket;

constexpr std::size_t echoes_wanted = 500;
// An echo takes two socket events and one message, each of them after at most a drain or two.
constexpr std::uint64_t turns_per_echo = 8 * turns_per_drain;

/// A byte that goes from a client socket to a server socket, through an actor, and back,
/// `echoes_wanted` times.
class echo {
public:
  echo(caf::actor_system& system, io_thread& thread)
    : thread_(thread),
      client_(thread.context()),
      server_(thread.context()) {
    asio::local::connect_pair(client_, server_);
    session_ = system.spawn([this](caf::event_based_actor*) -> caf::behavior {
      return {[this](caf::put_atom) {
        server_.write_some(asio::buffer(server_byte_));
      }};
    });
  }

  void start() {
    asio::post(thread_.context(), [this] {
      turns_before_ = thread_.unit().counters().turns;
      serve();
      ask();
    });
  }

  [[nodiscard]] bool wait() {
    const bool done = done_.wait();
    session_ = nullptr;  // no handle may outlive the system
    return done;
  }

  /// Turns of this thread from the first question to the last answer.
  [[nodiscard]] std::uint64_t turns() const { return turns_; }

private:
  void serve() {
    server_.async_wait(socket_type::wait_read, [this](const boost::system::error_code& error) {
      if (!error) {
        server_.read_some(asio::buffer(server_byte_));
        thread_.unit().inject(session_, caf::put_atom_v);
        serve();
      }
    });
  }

  void ask() {
    client_.write_some(asio::buffer(client_byte_));
    client_.async_wait(socket_type::wait_read, [this](const boost::system::error_code& error) {
      if (error) {
        return;
      }
      client_.read_some(asio::buffer(client_byte_));
      if (++echoes_ < echoes_wanted) {
        ask();
      } else {
        turns_ = thread_.unit().counters().turns - turns_before_;
        done_.happen();
      }
    });
  }

  io_thread& thread_;
  socket_type client_;
  socket_type server_;
  caf::actor session_;
  std::array<char, 1> client_byte_{};
  std::array<char, 1> server_byte_{};
  std::size_t echoes_ = 0;
  std::uint64_t turns_before_ = 0;
  std::atomic<std::uint64_t> turns_ = 0;
  event done_;
};

/// Two of them answer each other for ever.
caf::behavior player(caf::event_based_actor* self) {
  return {
    [self](caf::put_atom, const caf::actor& partner) { self->send(partner, caf::ok_atom_v); },
    [](caf::ok_atom) { return caf::ok_atom_v; },
  };
}

/// Its mailbox is never empty: each message is replaced by another one, and there are more than a
/// turn handles.
caf::behavior hoarder(caf::event_based_actor* self) {
  for (std::size_t i = 0; i < 4 * messages_per_turn; ++i) {
    self->send(self, caf::ok_atom_v);
  }
  return {[self](caf::ok_atom) {
    self->send(self, caf::ok_atom_v);
  }};
}

struct fixture {
  explicit fixture(int threads) : running(static_cast<std::size_t>(threads)) {}

  /// Runs `make` on each thread of the pool, so that what it spawns starts there.
  template <class F>
  void on_each_thread(F make) {
    event made;
    for (std::size_t i = 0; i < running.pool.size(); ++i) {
      asio::post(running.pool.context(i), [&made, make, i] {
        make(i);
        made.happen();
      });
    }
    BOOST_TEST_REQUIRE(made.wait(running.pool.size()));
  }

  void check_echo() {
    echo socket(*running.system, running.pool.thread(0));
    socket.start();
    BOOST_TEST_REQUIRE(socket.wait());
    BOOST_TEST_MESSAGE("turns for each echo: " << socket.turns() / echoes_wanted);
    BOOST_TEST(socket.turns() >= echoes_wanted);
    BOOST_TEST(socket.turns() <= echoes_wanted * turns_per_echo);
    running.end();
  }

  running_system running;
};

BOOST_AUTO_TEST_SUITE(scheduler_fairness)

BOOST_DATA_TEST_CASE(an_echo_goes_on_beside_actors_that_answer_each_other, data::make({1, 2, 4}),
                     threads) {
  fixture f(threads);
  f.on_each_thread([&](std::size_t) {
    for (int i = 0; i < 4; ++i) {
      caf::anon_send(f.running.system->spawn(player), caf::put_atom_v,
                     f.running.system->spawn(player));
    }
  });
  f.check_echo();
}

BOOST_DATA_TEST_CASE(an_echo_goes_on_beside_mailboxes_that_never_empty, data::make({1, 2, 4}),
                     threads) {
  fixture f(threads);
  f.on_each_thread([&](std::size_t) {
    for (int i = 0; i < 4; ++i) {
      f.running.system->spawn(hoarder);
    }
  });
  f.check_echo();
}

BOOST_DATA_TEST_CASE(what_a_drain_leaves_goes_before_newcomers, data::make({1, 2}), threads) {
  // More ready actors than a drain takes, and a socket that brings another one at each drain: every
  // old one gets on.
  fixture f(threads);
  std::array<event, 3 * turns_per_drain> turns;
  f.on_each_thread([&](std::size_t thread) {
    if (thread != 0) {
      return;
    }
    for (auto& mine : turns) {
      f.running.system->spawn([&mine](caf::event_based_actor* self) -> caf::behavior {
        self->send(self, caf::ok_atom_v);
        return {[&mine, self](caf::ok_atom) {
          mine.happen();
          self->send(self, caf::ok_atom_v);
        }};
      });
    }
  });
  f.check_echo();
  for (auto& mine : turns) {
    BOOST_TEST(mine.count() > 10U);
  }
}

BOOST_AUTO_TEST_CASE(a_drain_ends_after_its_turns) {
  fixture f(1);
  const auto& counters = f.running.pool.unit(0).counters();
  f.on_each_thread([&](std::size_t) {
    for (std::size_t i = 0; i < 4 * turns_per_drain; ++i) {
      f.running.system->spawn(hoarder);
    }
  });
  f.check_echo();
  BOOST_TEST(counters.turns.load() > 100 * turns_per_drain);
  BOOST_TEST(counters.turns.load() <= counters.drains.load() * turns_per_drain);
  BOOST_TEST(counters.cut_drains.load() > 0U);
}

BOOST_AUTO_TEST_CASE(a_drain_ends_after_its_time) {
  // Each turn takes longer than a drain may, so each drain is one turn; and the slow ones are
  // counted.
  fixture f(1);
  const auto& counters = f.running.pool.unit(0).counters();
  event messages;
  f.on_each_thread([&](std::size_t) {
    for (int i = 0; i < 3; ++i) {
      f.running.system->spawn([&messages](caf::event_based_actor* self) -> caf::behavior {
        self->send(self, caf::ok_atom_v);
        return {[&messages, self](caf::ok_atom) {
          const auto end = std::chrono::steady_clock::now() + 2 * slow_turn;
          while (std::chrono::steady_clock::now() < end) {}
          messages.happen();
          self->send(self, caf::ok_atom_v);
        }};
      });
    }
  });
  BOOST_TEST_REQUIRE(messages.wait(4 * messages_per_turn));
  f.running.end();
  // The first turn of each actor only sends, which may be short: at most these share a drain.
  BOOST_TEST(counters.turns.load() <= counters.drains.load() + 3);
  BOOST_TEST(counters.slow_turns.load() >= 3U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace cellard::daemon::testing
