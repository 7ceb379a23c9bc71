// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// What CAF offers its users, on threads of the pool: each test runs with 1, 2 and 4 of them.
#include "daemon/scheduler.hpp"

#include "tests/unit/daemon/scheduler_fixture.hpp"

#include <boost/asio/post.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

namespace cellard::daemon::testing {
namespace {

namespace data = boost::unit_test::data;
using std::chrono::milliseconds;

const auto thread_counts = data::make({1, 2, 4});

using doubler_actor = caf::typed_actor<caf::replies_to<caf::get_atom, int>::with<int>>;

struct doubler_state {
  explicit doubler_state(doubler_actor::pointer) {}
  counted alive;
  int asked = 0;
};

doubler_actor::behavior_type doubler(doubler_actor::stateful_pointer<doubler_state> self) {
  return {
    [self](caf::get_atom, int value) {
      ++self->state.asked;
      return 2 * value;
    },
  };
}

/// Answers nothing, for requests that have to time out.
caf::behavior silent(caf::event_based_actor* self) {
  return {
    [self](caf::get_atom, int) { return self->make_response_promise(); },
  };
}

struct fixture {
  explicit fixture(int threads) : running(static_cast<std::size_t>(threads)) {}
  ~fixture() {
    running.end();
    BOOST_TEST(living_states.load() == 0);
  }
  caf::actor_system& system() { return *running.system; }

  running_system running;
  event happened;
};

BOOST_AUTO_TEST_SUITE(scheduler)

BOOST_DATA_TEST_CASE(a_typed_stateful_actor_answers_main, thread_counts, threads) {
  fixture f(threads);
  auto actor = f.system().spawn(doubler);
  caf::scoped_actor self(f.system());
  for (int i = 0; i < 100; ++i) {
    self->request(actor, patience, caf::get_atom_v, i)
      .receive([&](int twice) { BOOST_TEST(twice == 2 * i); },
               [&](const caf::error& error) { BOOST_ERROR(f.system().render(error)); });
  }
}

BOOST_DATA_TEST_CASE(actors_ask_each_other_on_the_pools_threads, thread_counts, threads) {
  fixture f(threads);
  std::atomic<int> answer = 0;
  std::atomic<bool> on_pool = false;
  f.system().spawn([&](caf::event_based_actor* self) {
    self->request(self->spawn(doubler), caf::infinite, caf::get_atom_v, 21)
      .then(
        [&](int twice) {
          answer = twice;
          on_pool = execution_unit::current() != nullptr;
          f.happened.happen();
        },
        [&](const caf::error&) { f.happened.happen(); });
  });
  BOOST_TEST_REQUIRE(f.happened.wait());
  BOOST_TEST(answer == 42);
  BOOST_TEST(on_pool);
}

BOOST_DATA_TEST_CASE(a_request_without_an_answer_times_out, thread_counts, threads) {
  fixture f(threads);
  std::atomic<bool> timed_out = false;
  f.system().spawn([&](caf::event_based_actor* self) {
    self->request(self->spawn(silent), milliseconds(5), caf::get_atom_v, 1)
      .then([&](int) { f.happened.happen(); },
            [&, self](const caf::error& error) {
              timed_out = error == caf::sec::request_timeout;
              f.happened.happen();
              self->quit();
            });
  });
  BOOST_TEST_REQUIRE(f.happened.wait());
  BOOST_TEST(timed_out);
}

BOOST_DATA_TEST_CASE(delayed_messages_and_receive_timeouts_arrive, thread_counts, threads) {
  fixture f(threads);
  f.system().spawn([&](caf::event_based_actor* self) -> caf::behavior {
    self->delayed_send(self, milliseconds(2), caf::ok_atom_v);
    return {
      [&](caf::ok_atom) { f.happened.happen(); },
      caf::after(milliseconds(5)) >>
        [&, self] {
          f.happened.happen();
          self->quit();
        },
    };
  });
  BOOST_TEST(f.happened.wait(2));
  BOOST_TEST(f.running.all_gone());
}

BOOST_DATA_TEST_CASE(a_monitor_hears_of_the_end, thread_counts, threads) {
  fixture f(threads);
  auto watched = f.system().spawn(doubler);
  std::atomic<bool> killed = false;
  event watching;
  // A monitor is no reference: without this handle the watcher would die after its first turn.
  auto watcher = f.system().spawn([&, watched](caf::event_based_actor* self) -> caf::behavior {
    self->set_down_handler([&, self](const caf::down_msg& down) {
      killed = down.reason == caf::exit_reason::kill;
      f.happened.happen();
      self->quit();
    });
    self->monitor(watched);
    watching.happen();
    return {[](caf::ok_atom) {
    }};
  });
  BOOST_TEST_REQUIRE(watching.wait());
  caf::anon_send_exit(watched, caf::exit_reason::kill);
  BOOST_TEST_REQUIRE(f.happened.wait());
  BOOST_TEST(killed);
}

BOOST_DATA_TEST_CASE(a_detached_actor_and_the_pool_talk_both_ways, thread_counts, threads) {
  fixture f(threads);
  auto pooled = f.system().spawn(doubler);
  std::atomic<bool> on_pool = true;
  std::atomic<int> sum = 0;
  auto worker = f.system().spawn<caf::detached>([&](caf::event_based_actor* self) -> caf::behavior {
    return {
      [&, self, pooled](caf::get_atom, int value) {
        on_pool = execution_unit::current() != nullptr;
        auto promise = self->make_response_promise();
        self->request(pooled, caf::infinite, caf::get_atom_v, value)
          .then([promise](int twice) mutable { promise.deliver(twice + 1); },
                [promise](caf::error& error) mutable { promise.deliver(std::move(error)); });
        return promise;
      },
    };
  });
  f.system().spawn([&, worker](caf::event_based_actor* self) {
    for (int i = 0; i < 100; ++i) {
      self->request(worker, caf::infinite, caf::get_atom_v, i)
        .then(
          [&](int answer) {
            sum += answer;
            f.happened.happen();
          },
          [&](const caf::error&) { f.happened.happen(); });
    }
  });
  BOOST_TEST_REQUIRE(f.happened.wait(100));
  BOOST_TEST(sum == 100 * 99 + 100);
  BOOST_TEST(!on_pool);
  caf::anon_send_exit(worker, caf::exit_reason::user_shutdown);
}

BOOST_DATA_TEST_CASE(a_blocking_actor_asks_the_pool, thread_counts, threads) {
  fixture f(threads);
  auto pooled = f.system().spawn(doubler);
  std::atomic<int> answer = 0;
  f.system().spawn([&, pooled](caf::blocking_actor* self) {
    self->request(pooled, patience, caf::get_atom_v, 4)
      .receive([&](int twice) { answer = twice; }, [](const caf::error&) {});
    f.happened.happen();
  });
  BOOST_TEST_REQUIRE(f.happened.wait());
  BOOST_TEST(answer == 8);
}

BOOST_DATA_TEST_CASE(inject_runs_the_actor_before_it_returns, thread_counts, threads) {
  fixture f(threads);
  std::atomic<int> seen = 0;
  std::atomic<int> seen_after = 0;
  auto actor = f.system().spawn([&](caf::event_based_actor*) -> caf::behavior {
    return {[&](caf::put_atom, int value) {
      seen = value;
    }};
  });
  auto& thread = f.running.pool.deal();
  boost::asio::post(thread.context(), [&] {
    thread.unit().inject(actor, caf::put_atom_v, 7);
    seen_after = seen.load();
    f.happened.happen();
  });
  BOOST_TEST_REQUIRE(f.happened.wait());
  // On more threads the actor may just be in its first turn elsewhere, and then reads the message
  // there.
  if (threads == 1) {
    BOOST_TEST(seen_after == 7);
  }
}

BOOST_DATA_TEST_CASE(foreign_threads_wake_an_idle_pool, thread_counts, threads) {
  fixture f(threads);
  auto actor = f.system().spawn([&](caf::event_based_actor*) -> caf::behavior {
    return {[&](caf::put_atom, int) {
      f.happened.happen();
    }};
  });
  // One at a time, so that the pool sleeps in between.
  for (int i = 1; i <= 200; ++i) {
    caf::anon_send(actor, caf::put_atom_v, i);
    BOOST_TEST_REQUIRE(f.happened.wait(static_cast<std::size_t>(i)));
  }
  // And all at once, to several actors, so that the hand-over lists are contended.
  std::vector<caf::actor> actors(8, actor);
  for (auto& each : actors) {
    each = f.system().spawn([&](caf::event_based_actor*) -> caf::behavior {
      return {[&](caf::put_atom, int) {
        f.happened.happen();
      }};
    });
  }
  std::vector<std::thread> senders;
  for (int t = 0; t < 4; ++t) {
    senders.emplace_back([&] {
      for (std::size_t i = 0; i < 2000; ++i) {
        caf::anon_send(actors[i % actors.size()], caf::put_atom_v, 0);
      }
    });
  }
  for (auto& sender : senders) {
    sender.join();
  }
  BOOST_TEST(f.happened.wait(200 + 4 * 2000));
}

BOOST_DATA_TEST_CASE(a_state_may_send_while_it_dies_on_another_thread, thread_counts, threads) {
  fixture f(threads);
  auto listener = f.system().spawn([&](caf::event_based_actor*) -> caf::behavior {
    return {[&](caf::put_atom, int) {
      f.happened.happen();
    }};
  });
  struct farewell_state {
    farewell_state() = default;
    // Not self->send: a sender without references would be revived and destroyed twice.
    ~farewell_state() {
      listener->enqueue(nullptr, caf::make_message_id(), caf::make_message(caf::put_atom_v, 1),
                        self->context());
    }
    counted alive;
    caf::event_based_actor* self = nullptr;
    caf::actor listener;
  };
  event ready;
  for (int i = 0; i < 100; ++i) {
    // The handle below is the last one and is dropped here, on a thread that is none of the pool's.
    auto last = f.system().spawn([&](caf::stateful_actor<farewell_state>* self) -> caf::behavior {
      self->state.self = self;
      self->state.listener = listener;
      ready.happen();
      return {[](caf::ok_atom) {
      }};
    });
    BOOST_TEST_REQUIRE(ready.wait(static_cast<std::size_t>(i) + 1));
  }
  BOOST_TEST(f.happened.wait(100));
}

BOOST_DATA_TEST_CASE(a_hundred_thousand_sessions_leave_nothing_behind, thread_counts, threads) {
  constexpr std::size_t total = 100'000;
  constexpr std::size_t batch = 100;
  fixture f(threads);
  struct session_state {
    counted alive;
  };
  const auto before = f.system().registry().running();
  std::atomic<std::size_t> spawned = 0;
  std::atomic<std::size_t> most_running = 0;
  std::atomic<std::size_t> answered = 0;
  std::function<void(io_thread&)> open_some = [&](io_thread& thread) {
    for (std::size_t i = 0; i < batch; ++i) {
      auto session =
        f.system().spawn([&answered](caf::stateful_actor<session_state>* self) -> caf::behavior {
          return {[&answered, self](caf::get_atom, int) {
            ++answered;
            self->quit();
          }};
        });
      thread.unit().inject(session, caf::get_atom_v, 1);
    }
    const auto running = f.system().registry().running();
    auto most = most_running.load();
    while (running > most && !most_running.compare_exchange_weak(most, running)) {}
    if ((spawned += batch) < total) {
      boost::asio::post(thread.context(), [&] { open_some(thread); });
    } else {
      f.happened.happen();
    }
  };
  boost::asio::post(f.running.pool.context(0), [&] { open_some(f.running.pool.thread(0)); });
  BOOST_TEST_REQUIRE(f.happened.wait());
  BOOST_TEST_REQUIRE(await_running(f.system(), before, soon()));
  BOOST_TEST(answered == total);
  BOOST_TEST(most_running <= before + batch + turns_per_drain);
}

BOOST_DATA_TEST_CASE(no_thread_of_cafs_schedulers_runs, thread_counts, threads) {
  fixture f(threads);
  for (std::size_t i = 0; i < f.running.pool.size(); ++i) {
    boost::asio::post(f.running.pool.context(i), [&] { f.happened.happen(); });
  }
  BOOST_TEST_REQUIRE(f.happened.wait(f.running.pool.size()));
  std::size_t ours = 0;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::string name;
    std::ifstream(task.path() / "comm") >> name;
    BOOST_TEST(name != "caf.worker");
    BOOST_TEST(name != "caf.clock");
    ours += name.starts_with("cellard-io-") ? 1U : 0U;
  }
  BOOST_TEST(ours == f.running.pool.size());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace cellard::daemon::testing
