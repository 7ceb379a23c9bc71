// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "metrics/families.hpp"

#include <boost/test/unit_test.hpp>

#include <prometheus/check_names.h>

using namespace cellard::metrics;
using nlohmann::json;

namespace {

std::string text_of_families(const json& stats, const json& forecast = json::object()) {
  return text_of(metric_families(stats, {{"status", "ok"}, {"server", "cellard 1"}}, forecast));
}

json one_space() {
  return {{"sessions", 2},
          {"requests", 5},
          {"per_namespace",
           {{{"name", "a\"b"}, {"tenant", "t"}, {"kv_group", 1}, {"lookups", 7}, {"blocks", 3}}}}};
}

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(metrics)

BOOST_AUTO_TEST_CASE(each_number_has_its_name_and_labels) {
  const auto text = text_of_families(one_space());
  BOOST_TEST(text.find("cellard_up 1\n") != std::string::npos);
  BOOST_TEST(text.find("cellard_requests_total 5\n") != std::string::npos);
  BOOST_TEST(text.find("# TYPE cellard_lookups_total counter\n") != std::string::npos);
  BOOST_TEST(text.find(R"(cellard_lookups_total{namespace="a\"b",tenant="t",kv_group="1"} 7)")
             != std::string::npos);
}

BOOST_AUTO_TEST_CASE(numbers_that_were_not_told_are_left_out) {
  BOOST_TEST(text_of_families(one_space()).find("capacity") == std::string::npos);
}

json outlook() {
  return {{"capacity_bytes", 1000},
          {"sampled_blocks", 1234},
          {"cpu_seconds", 0.5},
          {"points",
           {{{"capacity_bytes", 500}, {"hit_ratio", 0.25}, {"full", true}},
            {{"capacity_bytes", 2000}, {"hit_ratio", 0.75}, {"full", false}}}}};
}

BOOST_AUTO_TEST_CASE(a_forecast_has_a_sample_for_each_size_and_none_while_too_little_is_known) {
  auto text = text_of_families(one_space(), outlook());
  BOOST_TEST(text.find("cellard_forecast_hit_ratio{capacities=\"0.5\"} 0.25\n")
             != std::string::npos);
  BOOST_TEST(text.find("cellard_forecast_hit_ratio{capacities=\"2\"} 0.75\n") != std::string::npos);
  auto early = outlook();
  early.erase("points");
  text = text_of_families(one_space(), early);
  BOOST_TEST(text.find("cellard_forecast_hit_ratio") == std::string::npos);
  BOOST_TEST(text.find("cellard_forecast_sampled_blocks 1234\n") != std::string::npos);
  BOOST_TEST(text_of_families(one_space()).find("forecast") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(names_follow_the_conventions) {
  for (const auto& family : metric_families(one_space(), json::object(), outlook())) {
    BOOST_TEST_CONTEXT(family.name) {
      BOOST_TEST(prometheus::CheckMetricName(family.name));
      BOOST_TEST(ends_with(family.name, "_total")
                 == (family.type == prometheus::MetricType::Counter));
      BOOST_TEST(!family.help.empty());
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
