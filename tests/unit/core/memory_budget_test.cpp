// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "core/memory_budget.hpp"

#include <boost/test/unit_test.hpp>

#include <random>

namespace {

using namespace cellard::core;

constexpr std::uint64_t mib = std::uint64_t{1} << 20;

BOOST_AUTO_TEST_CASE(grants_grow_with_what_is_held_and_end_at_the_limit) {
  memory_budget budget({8192 * mib, 1024 * mib, 0});
  std::uint64_t granted = 0;
  while (const auto size = budget.grant(1, mib)) {
    BOOST_TEST_REQUIRE(*size % mib == 0U);
    granted += *size;
  }
  BOOST_TEST(granted == 7168 * mib);
  BOOST_TEST(budget.granted() == granted);
  budget.give_back(1, 64 * mib);
  BOOST_TEST(*budget.grant(1, mib) == 64 * mib);
}

BOOST_AUTO_TEST_CASE(a_small_host_has_small_segments) {
  memory_budget budget({64 * mib, 8 * mib, 0});
  BOOST_TEST(*budget.grant(1, 4096) == 4 * mib);
}

BOOST_AUTO_TEST_CASE(a_block_larger_than_a_segment_gets_its_own) {
  memory_budget budget({8192 * mib, 0, 0});
  BOOST_TEST(*budget.grant(1, 300 * mib) == 300 * mib);
}

BOOST_AUTO_TEST_CASE(a_quota_holds) {
  memory_budget budget({1024 * mib, 0, 0});
  budget.set_quota(1, {0, 100 * mib});
  std::uint64_t granted = 0;
  while (const auto size = budget.grant(1, mib)) {
    granted += *size;
  }
  BOOST_TEST(granted == 100 * mib);
}

BOOST_AUTO_TEST_CASE(whoever_holds_most_gives_to_whoever_is_below_its_share) {
  memory_budget budget({1024 * mib, 0, 0});
  while (budget.grant(1, mib)) {}
  BOOST_TEST(!budget.claim(1).has_value());
  BOOST_TEST(!budget.grant(2, mib).has_value());
  BOOST_TEST(*budget.claim(2) == 1U);
  budget.set_quota(1, {1024 * mib, 1024 * mib});
  BOOST_TEST(!budget.claim(2).has_value());  // the other's part is guaranteed
}

BOOST_AUTO_TEST_CASE(a_smaller_capacity_is_an_excess) {
  memory_budget budget({1024 * mib, 0, 0});
  while (budget.grant(1, mib)) {}
  budget.configure({512 * mib, 0, 0});
  BOOST_TEST(budget.excess() == 512 * mib);
  BOOST_TEST(*budget.largest() == 1U);
  BOOST_TEST(!budget.grant(2, mib).has_value());
}

BOOST_AUTO_TEST_CASE(never_grants_more_than_there_is) {
  std::mt19937 random(9);
  memory_budget budget({777 * mib, 77 * mib, 0});
  for (int step = 0; step < 20'000; ++step) {
    const auto who = static_cast<space_id>(random() % 5);
    if (random() % 3 != 0) {
      static_cast<void>(budget.grant(who, 4096 * (1 + random() % 2000)));
    } else {
      budget.give_back(who, random() % (100 * mib));
    }
    BOOST_TEST_REQUIRE(budget.granted() <= 700 * mib);
  }
}

}  // namespace
