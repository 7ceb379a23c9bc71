// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "daemon/actor_clock.hpp"

#include "tests/unit/daemon/scheduler_fixture.hpp"

#include <boost/asio/post.hpp>
#include <boost/test/unit_test.hpp>

#include <vector>

namespace cellard::daemon::testing {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

struct frozen_system : running_system {
  frozen_system() : running_system(2) { clock().freeze(); }
};

BOOST_AUTO_TEST_SUITE(actor_clock)

BOOST_AUTO_TEST_CASE(a_frozen_clock_sends_when_a_test_says_so) {
  frozen_system running;
  event scheduled;
  event arrived;
  running.system->spawn([&](caf::event_based_actor* self) -> caf::behavior {
    self->delayed_send(self, seconds(10), caf::ok_atom_v);
    self->delayed_send(self, seconds(20), caf::ok_atom_v);
    scheduled.happen();
    return {[&](caf::ok_atom) {
      arrived.happen();
    }};
  });
  BOOST_TEST_REQUIRE(scheduled.wait());
  BOOST_TEST(running.clock().pending() == 2U);
  BOOST_TEST(running.clock().advance(milliseconds(9'999)) == 0U);
  BOOST_TEST(running.clock().advance(milliseconds(1)) == 1U);
  BOOST_TEST(arrived.wait());
  BOOST_TEST(running.clock().advance(hours(1)) == 1U);
  BOOST_TEST(arrived.wait(2));
  BOOST_TEST(running.clock().pending() == 0U);
}

BOOST_AUTO_TEST_CASE(a_request_times_out_in_frozen_time) {
  frozen_system running;
  event asked;
  event timed_out;
  auto silent = running.system->spawn([](caf::event_based_actor* self) -> caf::behavior {
    return {[self](caf::ok_atom) {
      return self->make_response_promise();
    }};
  });
  running.system->spawn([&, silent](caf::event_based_actor* self) {
    self->request(silent, seconds(5), caf::ok_atom_v)
      .then([] {},
            [&](const caf::error& error) {
              if (error == caf::sec::request_timeout) {
                timed_out.happen();
              }
            });
    asked.happen();
  });
  BOOST_TEST_REQUIRE(asked.wait());
  BOOST_TEST(running.clock().advance(seconds(5)) == 1U);
  BOOST_TEST(timed_out.wait());
  caf::anon_send_exit(silent, caf::exit_reason::user_shutdown);
  BOOST_TEST(running.all_gone());
}

BOOST_AUTO_TEST_CASE(the_timeouts_of_an_actor_end_with_it) {
  frozen_system running;
  event scheduled;
  auto actor = running.system->spawn([&](caf::event_based_actor* self) -> caf::behavior {
    self->request(caf::actor(self), minutes(60), caf::get_atom_v)
      .then([] {}, [](const caf::error&) {});
    return {
      [&](caf::ok_atom) { scheduled.happen(); },
      [self](caf::get_atom) { return self->make_response_promise(); },
      caf::after(seconds(1)) >> [] {},
    };
  });
  caf::anon_send(actor, caf::ok_atom_v);
  BOOST_TEST_REQUIRE(scheduled.wait());
  BOOST_TEST(running.clock().pending() == 2U);
  caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
  BOOST_TEST_REQUIRE(running.all_gone());
  // The count of running actors falls in the midst of the last turn; a round through the threads is
  // behind its end.
  event round;
  for (std::size_t i = 0; i < running.pool.size(); ++i) {
    boost::asio::post(running.pool.context(i), [&] { round.happen(); });
  }
  BOOST_TEST_REQUIRE(round.wait(running.pool.size()));
  BOOST_TEST(running.clock().pending() == 0U);
}

BOOST_AUTO_TEST_CASE(an_earlier_entry_does_not_wait_for_a_later_one) {
  event arrived;
  running_system running(1);
  running.system->spawn([&](caf::event_based_actor* self) -> caf::behavior {
    self->delayed_send(self, hours(1), caf::get_atom_v);
    self->delayed_send(self, milliseconds(2), caf::ok_atom_v);
    return {
      [](caf::get_atom) {},
      [&, self](caf::ok_atom) {
        arrived.happen();
        self->delayed_send(self, milliseconds(1), caf::ok_atom_v);
      },
    };
  });
  BOOST_TEST(arrived.wait(10));
}

BOOST_AUTO_TEST_CASE(messages_fall_due_in_order) {
  frozen_system running;
  std::vector<int> order;  // written by one actor, read after its last event
  event scheduled;
  event arrived;
  running.system->spawn([&](caf::event_based_actor* self) -> caf::behavior {
    for (int i : {3, 1, 2}) {
      self->delayed_send(self, seconds(i), caf::put_atom_v, i);
    }
    scheduled.happen();
    return {[&](caf::put_atom, int i) {
      order.push_back(i);
      arrived.happen();
    }};
  });
  BOOST_TEST_REQUIRE(scheduled.wait());
  BOOST_TEST(running.clock().advance(seconds(3)) == 3U);
  BOOST_TEST_REQUIRE(arrived.wait(3));
  BOOST_TEST(order == (std::vector<int>{1, 2, 3}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_stopped_clock_drops_all_and_refuses) {
  running_system running(2);
  event scheduled;
  struct keeper_state {
    counted alive;
  };
  auto keeper = [&](caf::stateful_actor<keeper_state>* self) -> caf::behavior {
    self->delayed_send(self, hours(1), caf::ok_atom_v);
    scheduled.happen();
    return {[](caf::ok_atom) {
    }};
  };
  running.system->spawn(keeper);
  BOOST_TEST_REQUIRE(scheduled.wait());
  BOOST_TEST(running.clock().pending() == 1U);
  running.clock().stop();
  BOOST_TEST(running.all_gone());
  running.system->spawn(keeper);
  BOOST_TEST_REQUIRE(scheduled.wait(2));
  BOOST_TEST(running.all_gone());
  BOOST_TEST(running.clock().pending() == 0U);
  running.end();
  BOOST_TEST(living_states.load() == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace cellard::daemon::testing
