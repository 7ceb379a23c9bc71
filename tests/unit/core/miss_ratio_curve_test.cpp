// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "core/miss_ratio_curve.hpp"

#include "tests/unit/core/watched_cache.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace cellard::core;
using testing::watched_cache;

constexpr std::uint64_t mib = 1024 * 1024;
constexpr std::size_t capacity = 150;

miss_ratio_curve::options wanted(std::string_view strategy, std::uint64_t memory = 16 * mib) {
  return {std::string{strategy}, capacity, 1, memory, 7};
}

/// What a cache of `factor` times the capacity really lacks.
double real_misses(std::string_view strategy, double factor) {
  watched_cache cache(strategy, static_cast<std::size_t>(capacity * factor));
  cache.serve_many(4000, [](const access_batch&) {});
  return static_cast<double>(cache.asked - cache.found);
}

BOOST_AUTO_TEST_SUITE(miss_ratio_curve_test)

BOOST_AUTO_TEST_CASE(with_all_blocks_in_the_sample_lru_is_exact_at_every_size) {
  watched_cache cache("lru", capacity);
  miss_ratio_curve curve(wanted("lru"));
  cache.serve_many(4000, [&](const access_batch& batch) {
    curve.record(batch, cache.order.ledger(watched_cache::space));
  });
  BOOST_TEST(curve.sampled() == 1);
  const auto counts = curve.counts();
  BOOST_TEST(counts.wanted == static_cast<double>(cache.asked));
  for (const double size : curve_sizes) {
    BOOST_TEST(counts.at(size) == real_misses("lru", size), "at " << size);
  }
}

BOOST_AUTO_TEST_CASE(every_strategy_is_followed) {
  for (const auto name : strategy_names()) {
    watched_cache cache(name, capacity);
    miss_ratio_curve curve(wanted(name));
    cache.serve_many(4000, [&](const access_batch& batch) {
      curve.record(batch, cache.order.ledger(watched_cache::space));
    });
    const auto asked = static_cast<double>(cache.asked);
    for (const double size : {0.5, 1.0, 1.5}) {
      const double error = (curve.counts().at(size) - real_misses(name, size)) / asked;
      BOOST_TEST(std::abs(error) < 0.02, name << " at " << size << ": " << error);
    }
  }
}

BOOST_AUTO_TEST_CASE(between_the_sizes_it_is_interpolated) {
  miss_counts counts;
  counts.wanted = 1000;
  for (std::size_t i = 0; i < curve_sizes.size(); ++i) {
    counts.missing[i] = 900 - 50 * static_cast<double>(i);
  }
  BOOST_TEST(counts.at(0) == 1000);
  BOOST_TEST(counts.at(1.0 / 32) == 950);
  BOOST_TEST(counts.at(1.0 / 16) == 900);
  BOOST_TEST(counts.at(std::sqrt(2.0 * 4.0)) == 525, boost::test_tools::tolerance(1e-9));
  BOOST_TEST(counts.at(8) == 450);
  BOOST_TEST(counts.at(1e9) == 450);
}

BOOST_AUTO_TEST_CASE(the_sample_is_as_large_as_the_memory_allows) {
  auto large = wanted("lru", 4 * mib);
  large.capacity_bytes = 100 * capacity * 1000;
  large.block_bytes = 100;
  const miss_ratio_curve curve(large);
  BOOST_TEST(curve.sampled() < 1.0 / 8);
  BOOST_TEST(curve.sampled() > 1.0 / 4096);
}

BOOST_AUTO_TEST_CASE(blocks_smaller_than_was_said_halve_the_sample_and_memory_holds) {
  constexpr std::uint64_t memory = 4 * mib;
  for (const auto name : strategy_names()) {
    watched_cache cache(name, 100'000);
    auto wrong = wanted(name, memory);
    wrong.capacity_bytes = 100'000;
    wrong.block_bytes = 1000;  // they take 1
    miss_ratio_curve curve(wrong);
    BOOST_TEST(curve.sampled() == 1);
    std::size_t most = 0;
    for (std::uint64_t who = 0; who < 3000; ++who) {
      cache.serve(who, 60, [&](const access_batch& batch) {
        curve.record(batch, cache.order.ledger(watched_cache::space));
        most = std::max(most, curve.memory_bytes());
      });
    }
    BOOST_TEST(curve.restarts() > 0U);
    BOOST_TEST(curve.sampled() < 1);
    BOOST_TEST(most <= memory, name << " took " << most);
  }
}

BOOST_AUTO_TEST_CASE(what_nobody_stores_again_is_a_hit_where_it_had_stayed) {
  watched_cache cache("lru", 8);
  auto what = wanted("lru");
  what.capacity_bytes = 8;
  miss_ratio_curve curve(what);
  const auto hear = [&](const access_batch& batch) {
    curve.record(batch, cache.order.ledger(watched_cache::space));
  };
  cache.serve(1, 8, hear);
  cache.serve(2, 8, hear);  // shares two blocks with the first, and takes the place of six
  cache.puts = false;
  for (int i = 0; i < 10; ++i) {
    cache.serve(1, 8, hear);
  }
  const auto counts = curve.counts();
  BOOST_TEST(counts.wanted == 96);
  BOOST_TEST(counts.at(1) == 8 + 6 + 60);
  BOOST_TEST(counts.at(2) == 8 + 6);
  BOOST_TEST(counts.full == 1.5);
}

BOOST_AUTO_TEST_CASE(a_put_that_nobody_asked_for_counts_for_nothing) {
  eviction_order order("lru");
  miss_ratio_curve curve(wanted("lru"));
  access_batch put;
  put.inserted.push_back({{0, 1}, no_node, 1, 4711});
  order.record(put);
  curve.record(put, order.ledger(0));
  BOOST_TEST(curve.counts().wanted == 0);
  access_batch get;
  get.touched.push_back(0);
  get.wanted = 1;
  order.record(get);
  curve.record(get, order.ledger(0));
  BOOST_TEST(curve.counts().wanted == 1);
  BOOST_TEST(curve.counts().at(1) == 0);
  get.wanted = 0;  // kept warm, or above what a get began with
  curve.record(get, order.ledger(0));
  BOOST_TEST(curve.counts().wanted == 1);
}

BOOST_AUTO_TEST_CASE(an_encoded_block_is_smaller_at_every_size) {
  eviction_order order("lru");
  auto what = wanted("lru");
  what.capacity_bytes = 40;
  what.block_bytes = 10;
  miss_ratio_curve curve(what);
  const auto hear = [&](const access_batch& batch) {
    order.record(batch);
    curve.record(batch, order.ledger(0));
  };
  const auto get = [&](std::uint64_t fingerprint) {
    access_batch batch;
    batch.lacking.push_back(fingerprint);
    curve.record(batch, order.ledger(0));
  };
  for (node_id id = 0; id < 8; ++id) {
    access_batch put;
    put.inserted.push_back({{id, 1}, no_node, 10, id});
    hear(put);
    access_batch encoded;
    encoded.resized.push_back({{id, 1}, 5});
    hear(encoded);
  }
  for (std::uint64_t fingerprint = 0; fingerprint < 8; ++fingerprint) {
    get(fingerprint);
  }
  BOOST_TEST(curve.counts().at(1) == 1);  // the first went while the last one was still raw
  BOOST_TEST(curve.counts().at(1.5) == 0);
  BOOST_TEST(curve.counts().at(0.5) >= 4);
}

BOOST_AUTO_TEST_CASE(what_was_counted_fades) {
  watched_cache cache("lru", capacity);
  miss_ratio_curve curve(wanted("lru"));
  cache.serve_many(100, [&](const access_batch& batch) {
    curve.record(batch, cache.order.ledger(watched_cache::space));
  });
  const auto before = curve.counts();
  curve.fade();
  BOOST_TEST(curve.counts().wanted == before.wanted / 2);
  BOOST_TEST(curve.counts().at(1) == before.at(1) / 2);
  curve.halve_sample();
  BOOST_TEST(curve.counts().wanted == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
