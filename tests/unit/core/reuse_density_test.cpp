// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "core/strategies/reuse_density.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>

namespace {

using namespace cellard::core;

constexpr tick seconds(double count) {
  return static_cast<tick>(count * ticks_per_second);
}

BOOST_AUTO_TEST_CASE(ages_are_binned_by_half_octaves) {
  BOOST_TEST(age_bin(0) == 0U);
  BOOST_TEST(age_bin(seconds(0.12)) == 0U);
  BOOST_TEST(age_bin(seconds(0.125)) == 1U);
  BOOST_TEST(age_bin(seconds(1)) == 7U);
  BOOST_TEST(age_bin(seconds(1.4)) == 7U);
  BOOST_TEST(age_bin(seconds(1.5)) == 8U);
  BOOST_TEST(age_bin(seconds(2)) == 9U);
  BOOST_TEST(age_bin(~tick{0}) == age_bins - 1);
  for (tick age = 1; age < (tick{1} << 30); age += age / 7 + 1) {
    BOOST_TEST_REQUIRE(age_bin(age) >= age_bin(age - 1));
  }
}

BOOST_AUTO_TEST_CASE(before_it_has_learned_the_older_is_worth_less) {
  const reuse_density fresh(1);
  for (std::size_t bin = 1; bin < age_bins; ++bin) {
    BOOST_TEST(fresh.at(0, bin) < fresh.at(0, bin - 1));
  }
}

BOOST_AUTO_TEST_CASE(a_class_that_comes_back_is_worth_more) {
  reuse_density learned(2);
  for (int i = 0; i < 1000; ++i) {
    learned.note_use(0, seconds(10));
    learned.note_end(1, seconds(10));
  }
  learned.note_use(1, seconds(10));
  learned.learn(std::vector<by_age<double>>(2), 1);
  BOOST_TEST(learned.at(0, 0) > 50 * learned.at(1, 0));
}

BOOST_AUTO_TEST_CASE(a_density_is_the_best_that_waiting_can_bring) {
  // All come back after 90 s and none before. Who has waited longer is nearer to it.
  reuse_density learned(1);
  for (int i = 0; i < 1000; ++i) {
    learned.note_use(0, seconds(100));
  }
  learned.learn(std::vector<by_age<double>>(1), 0);
  const std::size_t there = age_bin(seconds(100));
  const double end = 0.125 * std::exp2(static_cast<double>(there) / 2);
  BOOST_TEST(learned.at(0, 0) == 1 / end, boost::test_tools::tolerance(0.01));
  for (std::size_t bin = 1; bin <= there; ++bin) {
    BOOST_TEST(learned.at(0, bin) > learned.at(0, bin - 1));
  }
  BOOST_TEST(learned.at(0, there + 1) == 0.0F);
}

BOOST_AUTO_TEST_CASE(what_still_waits_counts_as_waiting) {
  reuse_density known(1);
  reuse_density waited(1);
  for (int i = 0; i < 10; ++i) {
    known.note_use(0, seconds(1));
    waited.note_use(0, seconds(1));
  }
  std::vector<by_age<double>> waiting(1);
  known.learn(waiting, 0);
  waiting[0][age_bin(seconds(1000))] = 90;
  waited.learn(waiting, 0);
  BOOST_TEST(waited.at(0, 1) == known.at(0, 1) / 10, boost::test_tools::tolerance(0.01F));
}

BOOST_AUTO_TEST_CASE(old_counts_fade) {
  reuse_density learned(1);
  for (int i = 0; i < 64; ++i) {
    learned.note_use(0, 0);
  }
  for (int i = 0; i < 20; ++i) {
    learned.fade();
  }
  for (int i = 0; i < 64; ++i) {
    learned.note_end(0, 0);
  }
  learned.learn(std::vector<by_age<double>>(1), 0);
  BOOST_TEST(learned.at(0, 0) < 0.001F);
}

}  // namespace
