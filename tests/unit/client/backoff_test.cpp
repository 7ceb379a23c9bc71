// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "client/src/backoff.hpp"

#include <boost/test/unit_test.hpp>

using namespace cellard::library;
using std::chrono::milliseconds;

BOOST_AUTO_TEST_SUITE(backoff_test)

BOOST_AUTO_TEST_CASE(the_first_attempt_is_due_at_once) {
  const backoff pause{1};
  BOOST_TEST(pause.due(backoff::time_point{}));
}

BOOST_AUTO_TEST_CASE(pauses_double_up_to_five_seconds_less_a_quarter_at_most) {
  backoff pause{42};
  const backoff::time_point now{milliseconds{1000}};
  auto expected = milliseconds{10};
  for (int i = 0; i < 20; ++i) {
    pause.failed(now);
    BOOST_TEST((pause.next() - now <= expected));
    BOOST_TEST((pause.next() - now > expected * 3 / 4 - milliseconds{1}));
    BOOST_TEST(!pause.due(now));
    BOOST_TEST(pause.due(now + expected));
    expected = std::min(expected * 2, milliseconds{5000});
  }
}

BOOST_AUTO_TEST_CASE(clients_do_not_come_back_together) {
  backoff one{1};
  backoff other{99};
  for (int i = 0; i < 10; ++i) {
    one.failed({});
    other.failed({});
  }
  BOOST_TEST((one.next() != other.next()));
}

BOOST_AUTO_TEST_CASE(an_answer_makes_the_next_attempt_due_at_once) {
  backoff pause{1};
  const backoff::time_point now{milliseconds{1000}};
  pause.failed(now);
  pause.succeeded();
  BOOST_TEST(pause.due(now));
}

BOOST_AUTO_TEST_SUITE_END()
