// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "core/small_cache.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace cellard::core;

constexpr std::chrono::steady_clock::time_point now{};

using chain = std::vector<sampled_block>;
using names = std::initializer_list<std::uint64_t>;

chain blocks(names all, bool wanted, bool brought) {
  chain made;
  for (const std::uint64_t name : all) {
    made.push_back({name << 32, 10, wanted, wanted, brought});
  }
  return made;
}

/// Of a get, to which the real cache answered `found`.
chain get(names found, names lacking = {}) {
  auto all = blocks(found, true, true);
  for (const auto& each : blocks(lacking, true, false)) {
    all.push_back(each);
  }
  return all;
}

/// Of a put, with what is above it.
chain put(names all) {
  return blocks(all, false, true);
}

BOOST_AUTO_TEST_SUITE(small_cache_test)

BOOST_AUTO_TEST_CASE(what_the_real_cache_found_is_stored_and_then_there) {
  small_cache cache("lru", 100, 100);
  BOOST_TEST(cache.serve(get({1, 2, 3}), now) == 3U);
  BOOST_TEST(cache.serve(get({1, 2, 3}), now) == 0U);
  BOOST_TEST(cache.serve(get({1, 2, 4}), now) == 1U);
  BOOST_TEST(cache.blocks() == 4U);
}

BOOST_AUTO_TEST_CASE(what_was_asked_for_in_vain_is_missing_until_somebody_brings_it) {
  small_cache cache("lru", 100, 100);
  BOOST_TEST(cache.serve(get({1}, {2, 3}), now) == 3U);
  BOOST_TEST(cache.serve(get({1}, {2, 3}), now) == 2U);
  BOOST_TEST(cache.serve(put({1, 2, 3}), now) == 0U);
  BOOST_TEST(cache.blocks() == 3U);
  // A real cache that has dropped them since answers 1 alone; this one has them still.
  BOOST_TEST(cache.serve(get({1}, {2, 3}), now) == 0U);
}

BOOST_AUTO_TEST_CASE(tails_go_first_and_the_capacity_holds) {
  small_cache cache("lru", 40, 100);
  cache.serve(get({1, 2, 3}), now);
  BOOST_TEST(!cache.was_full());
  cache.serve(get({5, 6}), now);
  BOOST_TEST(cache.was_full());
  BOOST_TEST(cache.blocks() == 4U);
  BOOST_TEST(cache.serve(get({1, 2}), now) == 0U);
  BOOST_TEST(cache.serve(get({1, 2, 3}), now) == 1U);
}

BOOST_AUTO_TEST_CASE(a_head_stays_younger_than_what_a_put_had_found_below_it) {
  small_cache cache("lru", 40, 100);
  cache.serve(get({1, 2, 3}), now);
  cache.serve(put({1, 2, 3, 4}), now);  // a real cache had dropped 3, and gets it and 4 anew
  cache.serve(get({9}), now);
  BOOST_TEST(cache.serve(get({1, 2, 3}), now) == 0U);  // 4 went
}

BOOST_AUTO_TEST_CASE(a_put_of_what_is_there_is_no_use) {
  small_cache cache("lru", 40, 100);
  cache.serve(get({1, 2}), now);
  cache.serve(get({5, 6}), now);
  cache.serve(put({1, 2}), now);
  cache.serve(get({7}), now);
  BOOST_TEST(cache.serve(get({5, 6}), now) == 0U);
  BOOST_TEST(cache.serve(get({1}, {2}), now) == 1U);  // it was the oldest
}

BOOST_AUTO_TEST_CASE(a_block_that_hung_elsewhere_ends_the_chain) {
  small_cache cache("lru", 1000, 100);
  cache.serve(get({1, 2}), now);
  BOOST_TEST(cache.serve(get({7, 2, 8}), now) == 3U);
  BOOST_TEST(cache.blocks() == 3U);
}

BOOST_AUTO_TEST_CASE(a_chain_longer_than_the_cache_leaves_its_head) {
  for (const auto name : strategy_names()) {
    small_cache cache(name, 30, 100);
    cache.serve(get({1, 2, 3, 4, 5}), now);
    BOOST_TEST(cache.blocks() == 3U);
    BOOST_TEST(cache.serve(get({1, 2, 3}), now) == 0U);
  }
}

BOOST_AUTO_TEST_CASE(blocks_that_became_smaller_make_room_for_more) {
  small_cache cache("lru", 40, 100);
  cache.serve(get({1, 2, 3, 4}), now);
  for (const std::uint64_t name : names{1, 2, 3, 4, 99}) {
    cache.resize(name << 32, 5);
  }
  cache.serve(get({5, 6}), now);
  BOOST_TEST(cache.blocks() == 6U);
  BOOST_TEST(!cache.was_full());
  cache.resize(std::uint64_t{5} << 32, 30);
  BOOST_TEST(cache.blocks() < 6U);
  BOOST_TEST(cache.was_full());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
