// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "core/small_cache.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace cellard::core;

constexpr std::chrono::steady_clock::time_point now{};

std::vector<sampled_block> chain(std::initializer_list<std::uint64_t> names, bool wanted = true) {
  std::vector<sampled_block> blocks;
  for (const std::uint64_t name : names) {
    blocks.push_back({name << 32, 10, wanted});
  }
  return blocks;
}

BOOST_AUTO_TEST_SUITE(small_cache_test)

BOOST_AUTO_TEST_CASE(what_is_missing_is_stored_and_then_there) {
  small_cache cache("lru", 100, 100);
  BOOST_TEST(cache.serve(chain({1, 2, 3}), false, now) == 3U);
  BOOST_TEST(cache.serve(chain({1, 2, 3}), false, now) == 0U);
  BOOST_TEST(cache.serve(chain({1, 2, 4}), true, now) == 1U);
  BOOST_TEST(cache.blocks() == 4U);
}

BOOST_AUTO_TEST_CASE(tails_go_first_and_the_capacity_holds) {
  small_cache cache("lru", 40, 100);
  cache.serve(chain({1, 2, 3}), false, now);
  cache.serve(chain({5, 6}), false, now);
  BOOST_TEST(cache.blocks() == 4U);
  BOOST_TEST(cache.serve(chain({1, 2}), false, now) == 0U);
  BOOST_TEST(cache.serve(chain({1, 2, 3}), false, now) == 1U);
}

BOOST_AUTO_TEST_CASE(what_is_above_is_kept_and_not_counted) {
  small_cache cache("lru", 1000, 100);
  auto put = chain({1, 2}, false);
  put.push_back({std::uint64_t{3} << 32, 10, true});
  BOOST_TEST(cache.serve(put, true, now) == 1U);
  BOOST_TEST(cache.serve(chain({1, 2, 3}), false, now) == 0U);
}

BOOST_AUTO_TEST_CASE(a_head_stays_younger_than_what_a_put_had_found_below_it) {
  small_cache cache("lru", 40, 100);
  cache.serve(chain({1, 2, 3}), false, now);
  auto put = chain({1, 2}, false);  // a real cache had dropped 3, and gets it and 4 anew
  put.push_back({std::uint64_t{3} << 32, 10, true});
  put.push_back({std::uint64_t{4} << 32, 10, true});
  BOOST_TEST(cache.serve(put, true, now) == 1U);
  cache.serve(chain({9}), false, now);
  BOOST_TEST(cache.serve(chain({1, 2, 3}), false, now) == 0U);  // 4 went
}

BOOST_AUTO_TEST_CASE(a_block_that_hung_elsewhere_ends_the_chain) {
  small_cache cache("lru", 1000, 100);
  cache.serve(chain({1, 2}), false, now);
  BOOST_TEST(cache.serve(chain({7, 2, 8}), false, now) == 1U);
  BOOST_TEST(cache.blocks() == 3U);
}

BOOST_AUTO_TEST_CASE(a_chain_longer_than_the_cache_leaves_its_head) {
  for (const auto name : strategy_names()) {
    small_cache cache(name, 30, 100);
    cache.serve(chain({1, 2, 3, 4, 5}), false, now);
    BOOST_TEST(cache.blocks() == 3U);
    BOOST_TEST(cache.serve(chain({1, 2, 3}), false, now) == 0U);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
