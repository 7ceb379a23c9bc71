// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "daemon/io_pool.hpp"

#include "tests/unit/daemon/scheduler_fixture.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/test/unit_test.hpp>

#include <array>
#include <memory>

namespace cellard::daemon::testing {

using std::chrono::milliseconds;

BOOST_AUTO_TEST_SUITE(io_pool_ticks)

BOOST_AUTO_TEST_CASE(connections_are_dealt_round_robin) {
  io_pool pool(3);
  for (std::size_t i = 0; i < 9; ++i) {
    BOOST_TEST(pool.deal().index() == i % 3);
  }
  BOOST_TEST(io_pool(0).size() == 1U);
  BOOST_TEST(io_pool::default_threads() >= 1U);
  BOOST_TEST(io_pool::default_threads() <= 4U);
}

BOOST_AUTO_TEST_CASE(each_watched_thread_ticks) {
  std::array<event, 3> ticked;
  io_pool pool(ticked.size());
  pool.start();
  pool.watch(milliseconds(1), [&](std::size_t thread) { ticked.at(thread).happen(); });
  for (std::size_t i = 0; i < ticked.size(); ++i) {
    BOOST_TEST_REQUIRE(ticked.at(i).wait(3));
    BOOST_TEST(pool.ticks(i) >= 3U);
  }
}

BOOST_AUTO_TEST_CASE(a_stuck_thread_stops_ticking_alone) {
  std::array<event, 2> ticked;
  event stuck;
  event release;
  io_pool pool(ticked.size());
  pool.start();
  pool.watch(milliseconds(1), [&](std::size_t thread) { ticked.at(thread).happen(); });
  BOOST_TEST_REQUIRE(ticked[0].wait());
  boost::asio::post(pool.context(0), [&] {
    stuck.happen();
    if (!release.wait()) {
      std::abort();
    }
  });
  BOOST_TEST_REQUIRE(stuck.wait());
  const auto before = pool.ticks(0);
  BOOST_TEST(ticked[1].wait(ticked[1].count() + 5));
  BOOST_TEST(pool.ticks(0) == before);
  release.happen();
  BOOST_TEST(ticked[0].wait(before + 2));
}

BOOST_AUTO_TEST_CASE(nobody_ticks_when_nobody_watches) {
  event ticked;
  event passed;
  io_pool pool(1);
  boost::asio::steady_timer timer(pool.context(0));
  pool.start();
  pool.watch(milliseconds(1), [&](std::size_t) { ticked.happen(); });
  BOOST_TEST_REQUIRE(ticked.wait(2));
  pool.watch(milliseconds(0));
  // Behind the end of the watch in this thread's queue, and ten periods long.
  std::uint64_t before = 0;
  boost::asio::post(pool.context(0), [&] {
    before = pool.ticks(0);
    timer.expires_after(milliseconds(10));
    timer.async_wait([&](const boost::system::error_code&) { passed.happen(); });
  });
  BOOST_TEST_REQUIRE(passed.wait());
  BOOST_TEST(pool.ticks(0) == before);
}

BOOST_AUTO_TEST_CASE(discarded_handlers_are_destroyed_before_the_pool) {
  auto held = std::make_shared<int>(1);
  io_pool pool(2);
  boost::asio::steady_timer timer(pool.context(1), std::chrono::hours(1));
  timer.async_wait([held](const boost::system::error_code&) {});
  boost::asio::post(pool.context(0), [held] {});
  BOOST_TEST(held.use_count() == 3);
  pool.discard_handlers();
  BOOST_TEST(held.use_count() == 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace cellard::daemon::testing
