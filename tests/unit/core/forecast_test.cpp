// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "core/forecast.hpp"

#include "tests/unit/core/watched_cache.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace cellard::core;
using namespace std::chrono_literals;
using testing::watched_cache;

constexpr std::size_t capacity = 150;

forecast_settings usual(std::uint64_t namespaces = 4) {
  forecast_settings what;
  what.capacity_bytes = capacity;
  what.memory_bytes = namespaces * least_curve_bytes;
  return what;
}

struct forecasting {
  explicit forecasting(const forecast_settings& what) : outlook(what, 7) {
    outlook.join(watched_cache::space, 1);
  }

  void serve(int requests) {
    cache.serve_many(requests, [&](const access_batch& batch) {
      outlook.record(batch, cache.order.ledger(watched_cache::space));
    });
  }

  [[nodiscard]] double hit_ratio(double factor, double share = 1) const {
    const auto results = outlook.results();
    const space_share whole{&results.front(), share};
    return forecast_hit_ratio({&whole, 1}, factor);
  }

  watched_cache cache{"lru", capacity};
  forecast outlook;
};

double real_hit_ratio(double factor) {
  watched_cache cache("lru", static_cast<std::size_t>(capacity * factor));
  cache.serve_many(4000, [](const access_batch&) {});
  return static_cast<double>(cache.found) / static_cast<double>(cache.asked);
}

BOOST_AUTO_TEST_SUITE(forecast_test)

BOOST_AUTO_TEST_CASE(it_says_what_another_size_would_have_found) {
  forecasting made(usual());
  made.serve(4000);
  for (const double factor : {0.25, 0.5, 1.0, 2.0, 4.0}) {
    BOOST_TEST(made.hit_ratio(factor) == real_hit_ratio(factor),
               boost::test_tools::tolerance(1e-9));
  }
  BOOST_TEST(made.hit_ratio(2) > made.hit_ratio(0.5) + 0.05);
}

BOOST_AUTO_TEST_CASE(it_counts_from_what_it_heard_first) {
  forecasting made(usual());
  BOOST_TEST((made.outlook.results().front().since == forecast::time_point{}));
  made.serve(20);
  const auto told = made.outlook.results().front();
  BOOST_TEST((told.since == forecast::time_point{100ms}));
  BOOST_TEST(told.asked == static_cast<double>(made.cache.asked));
  BOOST_TEST(told.hit == static_cast<double>(made.cache.found));
  BOOST_TEST(told.counts.wanted == told.asked);
}

BOOST_AUTO_TEST_CASE(of_nothing_asked_for_there_is_none) {
  const forecasting made(usual());
  BOOST_TEST(made.hit_ratio(2) == 0);
  BOOST_TEST(forecast_hit_ratio({}, 2) == 0);
}

BOOST_AUTO_TEST_CASE(namespaces_count_by_what_was_asked_of_them) {
  space_forecast one;
  one.asked = 100;
  one.hit = 50;
  one.counts.missing.fill(50);
  space_forecast two;
  two.asked = 300;
  two.hit = 0;
  two.counts.missing.fill(100);
  two.counts.missing[curve_sizes.size() - 1] = 40;  // at eight times the capacity
  const space_share all[] = {{&one, 0.5}, {&two, 1}};
  BOOST_TEST(forecast_hit_ratio(all, 1) == 50.0 / 400);
  BOOST_TEST(forecast_hit_ratio(all, 8) == 110.0 / 400);
}

BOOST_AUTO_TEST_CASE(as_many_namespaces_have_one_as_there_is_memory_for) {
  forecast outlook(usual(2), 7);
  for (space_id id = 1; id <= 3; ++id) {
    outlook.join(id, 1);
  }
  BOOST_TEST(outlook.results().size() == 2U);
  outlook.forget(1);
  BOOST_TEST_REQUIRE(outlook.results().size() == 2U);
  BOOST_TEST(outlook.results().back().space == 3U);
  auto none = usual();
  none.memory_bytes = 0;
  outlook.apply(none);
  BOOST_TEST(outlook.results().empty());
  BOOST_TEST(outlook.memory_bytes() == 0U);
  const eviction_order order("lru");
  BOOST_TEST(!outlook.record({}, order.ledger(1)));
}

BOOST_AUTO_TEST_CASE(one_that_joins_takes_its_part_of_the_memory) {
  auto what = usual(4);
  what.capacity_bytes = 100'000;
  forecast outlook(what, 7);
  outlook.join(1, 1);
  const double alone = outlook.results().front().sampled;
  outlook.join(2, 1);
  const double of_two = outlook.results().front().sampled;
  BOOST_TEST(of_two < alone);
  outlook.join(3, 1);
  const double of_three = outlook.results().front().sampled;
  BOOST_TEST(of_three < of_two);
  outlook.join(4, 1);  // there are four parts already
  outlook.join(5, 1);
  for (const auto& each : outlook.results()) {
    BOOST_TEST(each.sampled == of_three);
  }
}

BOOST_AUTO_TEST_CASE(other_settings_begin_anew_and_the_same_do_not) {
  forecasting made(usual());
  made.serve(100);
  made.outlook.apply(usual());
  BOOST_TEST(made.outlook.results().front().asked > 0);
  auto other = usual();
  other.strategy = "lfu";
  made.outlook.apply(other);
  BOOST_TEST(made.outlook.results().front().asked == 0);
  BOOST_TEST(made.outlook.results().front().counts.wanted == 0);
}

BOOST_AUTO_TEST_CASE(too_much_time_halves_the_sample) {
  forecasting made(usual());
  const forecast::time_point start(1h);
  made.outlook.spent(watched_cache::space, 10ms, start);
  made.outlook.spent(watched_cache::space, 80ms, start + 10s);
  BOOST_TEST(made.outlook.results().front().sampled == 1);  // 90 ms of 10 s are within 1 %
  made.outlook.spent(watched_cache::space, 99ms, start + 11s);
  BOOST_TEST(made.outlook.results().front().sampled == 1);
  made.outlook.spent(watched_cache::space, 2ms, start + 12s);  // what ten seconds may take, at once
  BOOST_TEST(made.outlook.results().front().sampled == 0.5);
  made.outlook.spent(watched_cache::space, 900ms, start + 112s);  // over a time that was quiet
  BOOST_TEST(made.outlook.results().front().sampled == 0.5);
  made.outlook.spent(99, 1h, start + 140s);  // of a namespace that has gone
  BOOST_TEST(made.outlook.results().front().sampled == 0.5);
  BOOST_TEST((made.outlook.results().front().took == 1091ms));
}

BOOST_AUTO_TEST_CASE(curves_that_begin_anew_do_not_pay_for_those_before_them) {
  forecasting made(usual());
  const forecast::time_point start(1h);
  made.outlook.spent(watched_cache::space, 1s, start);
  auto other = usual();
  other.strategy = "lfu";
  made.outlook.apply(other);
  made.outlook.spent(watched_cache::space, 1ms, start + 10s);
  made.outlook.spent(watched_cache::space, 1ms, start + 20s);
  BOOST_TEST(made.outlook.results().front().sampled == 1);
}

BOOST_AUTO_TEST_CASE(what_was_counted_fades_with_the_window) {
  auto what = usual();
  what.window = 200s;  // requests are 100 ms apart and are two batches
  forecasting made(what);
  made.serve(900);
  const double before = made.outlook.results().front().asked;
  made.serve(200);
  BOOST_TEST(made.outlook.results().front().asked < before);
  BOOST_TEST(made.hit_ratio(1) > 0.1);
  BOOST_TEST(made.hit_ratio(1) < 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
