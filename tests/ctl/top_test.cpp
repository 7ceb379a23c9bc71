// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include <boost/test/unit_test.hpp>

#include <algorithm>

#include "ctl/output.hpp"
#include "ctl/top_view.hpp"

using namespace cellard::ctl;
using nlohmann::json;

namespace {

json stats_with(std::uint64_t hits, std::uint64_t used = 0) {
  return {{"requests", hits},
          {"blocks_asked", 2 * hits},
          {"blocks_hit", hits},
          {"used_bytes", used},
          {"capacity_bytes", 1000},
          {"per_namespace",
           {{{"name", "small"}, {"tenant", "t"}, {"used_bytes", 1}, {"blocks_hit", hits}},
            {{"name", "large"}, {"tenant", "t"}, {"used_bytes", 2}, {"blocks_hit", 0}}}}};
}

std::size_t line_with(const std::vector<screen_line>& lines, const std::string& text) {
  const auto found = std::find_if(lines.begin(), lines.end(), [&](const screen_line& line) {
    return line.text.find(text) != std::string::npos;
  });
  return static_cast<std::size_t>(found - lines.begin());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(top)

BOOST_AUTO_TEST_CASE(rates_are_differences_by_time) {
  top_model model;
  model.add(10, stats_with(100), json::object());
  model.add(12, stats_with(150), json::object());
  BOOST_TEST(model.now().blocks_hit == 25);
  BOOST_TEST(model.now().hit_ratio() == 0.5);
  BOOST_TEST(model.of_space(stats_with(0)["per_namespace"][0]).blocks_hit == 25);
}

BOOST_AUTO_TEST_CASE(a_daemon_that_began_anew_has_no_negative_rates) {
  top_model model;
  model.add(10, stats_with(100), json::object());
  model.add(11, stats_with(7), json::object());
  BOOST_TEST(model.now().blocks_hit == 7);
}

BOOST_AUTO_TEST_CASE(history_is_bounded) {
  top_model model;
  for (std::uint64_t i = 0; i < 200; ++i) {
    model.add(static_cast<double>(i), stats_with(i), json::object());
  }
  BOOST_TEST(model.history().size() == top_model::history_samples);
}

BOOST_AUTO_TEST_CASE(a_failure_is_shown_above_the_last_numbers) {
  top_model model;
  model.add(1, stats_with(1), json::object());
  model.fail("no daemon");
  const auto lines = screen(model, {});
  BOOST_TEST(lines.front().text == "no daemon");
  BOOST_TEST((lines.front().how == look::alarm));
  BOOST_TEST(line_with(lines, "large") < lines.size());
}

BOOST_AUTO_TEST_CASE(no_line_is_wider_than_the_screen) {
  top_model model;
  for (std::uint64_t i = 0; i < 100; ++i) {
    model.add(static_cast<double>(i), stats_with(i * i), json::object());
  }
  for (const std::size_t columns : {1U, 20U, 40U, 80U, 200U}) {
    view_options options;
    options.columns = columns;
    for (const auto& line : screen(model, options)) {
      BOOST_TEST(columns_of(line.text) <= columns);
    }
  }
}

BOOST_AUTO_TEST_CASE(namespaces_are_sorted_by_the_chosen_number) {
  top_model model;
  model.add(1, stats_with(0), json::object());
  model.add(2, stats_with(10), json::object());
  view_options options;
  const auto by_used = screen(model, options);
  BOOST_TEST(line_with(by_used, "large") < line_with(by_used, "small"));
  options.sort = sort_key::hits;
  const auto by_hits = screen(model, options);
  BOOST_TEST(line_with(by_hits, "small") < line_with(by_hits, "large"));
}

BOOST_AUTO_TEST_CASE(sparklines_and_bars_show_shares_of_the_most) {
  BOOST_TEST(sparkline({0, 1, 2}, true) == "▁▅█");
  BOOST_TEST(sparkline({0, 2}, false) == "_#");
  BOOST_TEST(sparkline({}, true).empty());
  BOOST_TEST(bar(0.5, 6) == "[||  ]");
  BOOST_TEST(bar(7, 6) == "[||||]");
}

BOOST_AUTO_TEST_CASE(a_full_memory_is_an_alarm) {
  top_model model;
  model.add(1, stats_with(1, 990), json::object());
  const auto lines = screen(model, {});
  BOOST_TEST((lines[line_with(lines, "memory")].how == look::alarm));
}

BOOST_AUTO_TEST_SUITE_END()
