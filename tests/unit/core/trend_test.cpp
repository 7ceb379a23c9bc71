// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "core/trend.hpp"

#include <boost/test/unit_test.hpp>

#include <random>
#include <vector>

namespace {

using namespace cellard::core;

/// `alike`: how much of one point's deviation is in the next.
std::vector<trend_point> scattered(unsigned seed, std::size_t count, double slope, double alike) {
  std::mt19937 random(seed);
  std::normal_distribution<double> noise;
  std::vector<trend_point> points;
  double deviation = noise(random);
  for (std::size_t i = 0; i < count; ++i) {
    const auto when = static_cast<double>(10 * i);
    points.push_back({when, 100 + slope * when + deviation});
    deviation = alike * deviation + std::sqrt(1 - alike * alike) * noise(random);
  }
  return points;
}

int false_trends(double alike) {
  int found = 0;
  for (unsigned seed = 0; seed < 1000; ++seed) {
    found += trend_of(scattered(seed, 120, 0, alike)).is_one() ? 1 : 0;
  }
  return found;
}

BOOST_AUTO_TEST_SUITE(trend_test)

// The example of any textbook: 95 % of slope 2 +- t(0.975, 6) x s / sqrt(42).
BOOST_AUTO_TEST_CASE(the_interval_is_student_s) {
  const double deviations[] = {1, -1, -1, 1, 1, -1, -1, 1};  // no slope, neighbours r = -1/8
  std::vector<trend_point> points;
  for (std::size_t i = 0; i < 8; ++i) {
    const auto x = static_cast<double>(i);
    points.push_back({x, 5 + 2 * x + deviations[i]});
  }
  const auto found = trend_of(points);
  BOOST_TEST(found.independent == 8);
  BOOST_TEST(found.slope == 2, boost::test_tools::tolerance(1e-9));
  BOOST_TEST(found.high - found.slope == 2.446912 * std::sqrt(8.0 / 6 / 42),
             boost::test_tools::tolerance(1e-6));
  BOOST_TEST(found.is_one());
}

BOOST_AUTO_TEST_CASE(scatter_is_no_trend_nineteen_times_in_twenty) {
  const int found = false_trends(0);
  BOOST_TEST(found > 20);
  BOOST_TEST(found < 90);
}

BOOST_AUTO_TEST_CASE(scatter_whose_neighbours_are_alike_is_seldom_taken_for_one) {
  BOOST_TEST(false_trends(0.5) < 100);
  BOOST_TEST(false_trends(0.8) < 150);  // the plain formula says some 500
}

BOOST_AUTO_TEST_CASE(a_slope_above_the_scatter_is_found_either_way) {
  for (unsigned seed = 0; seed < 100; ++seed) {
    BOOST_TEST(trend_of(scattered(seed, 120, 0.005, 0.3)).low > 0);
    BOOST_TEST(trend_of(scattered(seed, 120, -0.005, 0.3)).high < 0);
  }
}

BOOST_AUTO_TEST_CASE(too_few_points_or_all_at_one_time_are_no_trend) {
  BOOST_TEST(!trend_of({}).is_one());
  BOOST_TEST(!trend_of(scattered(1, least_trend_points - 1, 100, 0)).is_one());
  const std::vector<trend_point> at_once(20, {5, 1});
  BOOST_TEST(!trend_of(at_once).is_one());
}

BOOST_AUTO_TEST_CASE(points_on_a_line_are_a_trend_and_on_a_level_none) {
  std::vector<trend_point> line;
  std::vector<trend_point> level;
  for (int i = 0; i < 20; ++i) {
    line.push_back({double{1} * i, 3.0 * i});
    level.push_back({double{1} * i, 7.0});
  }
  BOOST_TEST(trend_of(line).is_one());
  BOOST_TEST(!trend_of(level).is_one());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
