// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "actors/forecast_report.hpp"

#include <boost/test/unit_test.hpp>

#include <nlohmann/json.hpp>

namespace cellard::actors::testing {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using time_point = std::chrono::steady_clock::time_point;

constexpr time_point now{1000s};

/// Ten thousand blocks asked for, found in proportion to the size up to `full` capacities.
core::space_forecast told(core::space_id space, double full) {
  core::space_forecast made;
  made.space = space;
  made.since = time_point{900s};
  made.asked = made.counts.wanted = 10'000;
  made.hit = 10'000 * std::min(1.0 / full, 1.0);
  for (std::size_t i = 0; i < core::curve_sizes.size(); ++i) {
    made.counts.missing[i] = 10'000 * (1 - std::min(core::curve_sizes[i] / full, 1.0));
  }
  made.counts.full = full;
  made.took = 500ms;
  return made;
}

core::forecast_settings running() {
  core::forecast_settings what;
  what.capacity_bytes = 950;
  what.memory_bytes = core::least_curve_bytes;
  return what;
}

json report(const std::vector<core::space_forecast>& all,
            const std::vector<forecast_member>& members, const forecast_query& what = {},
            const core::forecast_settings& with = running()) {
  const auto text = forecast_report(all, members, with, 1000, what, now);
  return text ? json::parse(*text) : json{{"refused", std::string{to_string(text.error().code())}}};
}

BOOST_AUTO_TEST_SUITE(forecast_report_test)

BOOST_AUTO_TEST_CASE(a_point_a_size_and_what_they_rest_on) {
  forecast_query what;
  what.sizes = {500, 1000, 4000};
  const auto seen = report({told(1, 2)}, {{1, true, 300}}, what);
  BOOST_TEST(seen.at("capacity_bytes") == 1000);
  BOOST_TEST(seen.at("since_seconds_ago") == 100);
  BOOST_TEST(seen.at("blocks_asked") == 10'000);
  BOOST_TEST(seen.at("hit_ratio") == 0.5);
  BOOST_TEST(seen.at("sampled_blocks") == 10'000);
  BOOST_TEST(seen.at("cpu_seconds") == 0.5);
  BOOST_TEST(seen.at("enough") == true);
  const auto& points = seen.at("points");
  BOOST_TEST_REQUIRE(points.size() == 3U);
  BOOST_TEST(points.at(0).at("hit_ratio") == 0.25);
  BOOST_TEST(points.at(1).at("hit_ratio") == 0.5);
  BOOST_TEST(points.at(1).at("full") == true);
  BOOST_TEST(points.at(2).at("hit_ratio") == 1);
  BOOST_TEST(points.at(2).at("full") == false);
}

BOOST_AUTO_TEST_CASE(without_sizes_those_of_the_curve) {
  const auto points = report({told(1, 2)}, {{1, true, 0}}).at("points");
  BOOST_TEST_REQUIRE(points.size() == core::curve_sizes.size());
  BOOST_TEST(points.front().at("capacity_bytes") == 62);
  BOOST_TEST(points.back().at("capacity_bytes") == 8000);
}

BOOST_AUTO_TEST_CASE(too_few_blocks_in_the_sample_are_said_and_give_no_points) {
  auto little = told(1, 2);
  little.sampled = 0.0999;
  const auto seen = report({little}, {{1, true, 1}});
  BOOST_TEST(seen.at("sampled_blocks") == 999);
  BOOST_TEST(seen.at("sampled_share") == 0.0999);
  BOOST_TEST(seen.at("enough") == false);
  BOOST_TEST(!seen.contains("points"));
  BOOST_TEST(report({}, {}).at("enough") == false);
}

BOOST_AUTO_TEST_CASE(namespaces_keep_their_shares_of_the_memory) {
  // Each alone has half of the memory: the first would need four times that, the second has enough.
  forecast_query what;
  what.sizes = {1000, 2000};
  const std::vector<forecast_member> both{{1, true, 400}, {2, true, 400}};
  auto first = told(1, 2);
  first.hit = 2500;
  const auto seen = report({first, told(2, 0.5)}, both, what);
  BOOST_TEST(seen.at("namespaces") == 2);
  BOOST_TEST(seen.at("points").at(0).at("hit_ratio") == 0.625);
  BOOST_TEST(seen.at("points").at(1).at("hit_ratio") == 0.75);
  const auto one = report({first, told(2, 0.5)}, {{1, true, 400}, {2, false, 400}}, what);
  BOOST_TEST(one.at("namespaces") == 1);
  BOOST_TEST(one.at("points").at(1).at("hit_ratio") == 0.5);
}

BOOST_AUTO_TEST_CASE(a_tenant_is_told_of_what_it_holds_and_nothing_of_others) {
  forecast_query what;
  what.by_tenant = true;
  what.sizes = {250, 500, 3000};
  auto mine = told(1, 1);
  mine.hit = 5000;
  const auto seen = report({mine, told(2, 1)}, {{1, true, 500}, {2, false, 450}}, what);
  BOOST_TEST(seen.at("capacity_bytes") == 500);
  BOOST_TEST(seen.at("points").at(0).at("hit_ratio") == 0.25);
  BOOST_TEST(seen.at("points").at(1).at("hit_ratio") == 0.5);
  BOOST_TEST(seen.at("points").at(2).at("full") == false);
  for (const std::uint64_t others : {0U, 1U, 600U}) {
    BOOST_TEST(report({mine, told(2, 1)}, {{1, true, 500}, {2, false, others}}, what) == seen);
  }
  BOOST_TEST(report({mine}, {{1, true, 0}}, what).at("enough") == false);
}

BOOST_AUTO_TEST_CASE(where_there_is_none_it_says_why) {
  auto off = running();
  off.memory_bytes = 0;
  BOOST_TEST(report({}, {{1, true, 1}}, {}, off).at("refused") == "not_found");
  forecast_query what;
  what.space = "nobody's";
  BOOST_TEST(report({told(1, 2)}, {{1, false, 1}}, what).at("refused") == "not_found");
  BOOST_TEST(report({told(1, 2)}, {{1, false, 1}, {2, true, 1}}).at("refused") == "not_found");
  BOOST_TEST(report({told(1, 2)}, {{1, true, 1}, {2, true, 1}}).at("without") == 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace cellard::actors::testing
