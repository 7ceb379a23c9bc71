// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "core/load_window.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace cellard::core;

constexpr auto all_slots = [](const load_sums&) {
  return true;
};

struct loaded {
  loaded() { load.series.cover(0, 0.001); }

  /// `asked` and `hit` a second in [from, to).
  void add(double from, double to, double asked, double hit) {
    load_change change{};
    change[at(load_number::blocks_asked)] = asked * (to - from);
    change[at(load_number::blocks_hit)] = hit * (to - from);
    load.series.add(from, to, change);
    load.series.cover(from, to);
  }

  history_subject load;
};

BOOST_AUTO_TEST_SUITE(load_window_test)

BOOST_AUTO_TEST_CASE(the_average_is_that_of_the_window_alone) {
  loaded made;
  made.add(0, 100, 1, 1);
  made.add(100, 160, 10, 5);
  const auto last_minute = look_back(made.load, 160, 60, 240);
  BOOST_TEST(last_minute.slots.size() == 61U);  // the newest has just begun
  BOOST_TEST(last_minute.total.average(load_number::blocks_asked) == 10,
             boost::test_tools::tolerance(1e-5));
  BOOST_TEST(hit_ratio(last_minute.total) == 0.5, boost::test_tools::tolerance(1e-5));
  const auto longer = look_back(made.load, 160, 1e5, 240);
  BOOST_TEST(hit_ratio(longer.total) == (100 + 300) / 700.0, boost::test_tools::tolerance(1e-5));
}

BOOST_AUTO_TEST_CASE(a_window_longer_than_the_history_is_what_there_is) {
  loaded made;
  made.add(0, 30, 2, 1);
  const auto found = look_back(made.load, 30, 600, 240);
  BOOST_TEST(double{found.total.seconds} == 30, boost::test_tools::tolerance(1e-3));
}

BOOST_AUTO_TEST_CASE(a_window_within_one_slot_still_has_it) {
  loaded made;
  made.add(0, 601, 2, 1);
  const auto found = look_back(made.load, 601, 3600, 240);  // slots of ten seconds
  BOOST_TEST(found.slots.size() == 61U);
  BOOST_TEST(look_back(made.load, 600.25, 0.1, 240).slots.size() == 1U);
}

BOOST_AUTO_TEST_CASE(slots_are_taken_together_and_nothing_is_lost) {
  loaded made;
  made.add(0, 500, 4, 1);
  const auto fine = look_back(made.load, 500, 600, 1000);
  const auto coarse = look_back(made.load, 500, 600, 7);
  BOOST_TEST(coarse.slots.size() <= 7U);
  BOOST_TEST(coarse.step > fine.step);
  BOOST_TEST(coarse.total.sums[at(load_number::blocks_asked)]
             == fine.total.sums[at(load_number::blocks_asked)]);
}

BOOST_AUTO_TEST_CASE(points_leave_out_what_was_hardly_seen_and_what_is_from_before) {
  loaded made;
  made.add(0, 10, 1, 1);
  made.add(20, 30.2, 3, 1);  // nobody looked for ten seconds; the last slot is under way
  const auto window = look_back(made.load, 30.2, 60, 240);
  const auto points = points_of(window, 5, hit_ratio, all_slots);
  BOOST_TEST_REQUIRE(points.size() == 15U);
  BOOST_TEST(points.front().seconds == 5.5);
  BOOST_TEST(points.back().seconds == 29.5);
  BOOST_TEST(points.back().value == 1.0 / 3, boost::test_tools::tolerance(1e-5));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
