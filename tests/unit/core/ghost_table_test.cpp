// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "core/strategies/ghost_table.hpp"

#include <boost/test/unit_test.hpp>

#include <random>
#include <set>

namespace {

using namespace cellard::core;

BOOST_AUTO_TEST_CASE(a_ghost_is_found_with_what_was_known_and_taken_once) {
  ghost_table ghosts;
  BOOST_TEST(!ghosts.put({7, 100, 3, 5}).has_value());
  BOOST_TEST_REQUIRE((ghosts.find(7) != nullptr));
  const auto mine = ghosts.take(7);
  BOOST_TEST_REQUIRE(mine.has_value());
  BOOST_TEST(mine->last == 100U);
  BOOST_TEST(mine->uses == 3U);
  BOOST_TEST(mine->mark == 5U);
  BOOST_TEST(!ghosts.take(7).has_value());
  BOOST_TEST((ghosts.find(8) == nullptr));
}

BOOST_AUTO_TEST_CASE(each_ghost_is_there_or_was_given_out_also_while_it_grows) {
  std::mt19937_64 random(1);
  ghost_table ghosts;
  std::set<std::uint64_t> there;
  for (int i = 0; i < 20'000; ++i) {
    const std::uint64_t fingerprint = random();
    ghosts.grow_to(static_cast<std::size_t>(i / 2));
    const auto forgotten = ghosts.put({fingerprint, 0, 1, 0});
    there.insert(fingerprint);
    if (forgotten) {
      BOOST_TEST_REQUIRE(there.erase(forgotten->fingerprint) == 1U);
    }
    if (i % 3 == 0) {
      BOOST_TEST_REQUIRE(ghosts.take(*there.begin()).has_value());
      there.erase(there.begin());
    }
  }
  for (const std::uint64_t fingerprint : there) {
    BOOST_TEST_REQUIRE((ghosts.find(fingerprint) != nullptr));
  }
  // Sixteen bytes each, and room for all that it was told to hold.
  BOOST_TEST(ghosts.memory_bytes() < 16 * 10'000 + 256);
  BOOST_TEST(there.size() > 4'000U);
}

BOOST_AUTO_TEST_CASE(the_first_of_a_full_set_is_forgotten_first) {
  ghost_table ghosts;
  std::vector<std::uint64_t> forgotten;
  for (std::uint64_t fingerprint = 1; forgotten.size() < 2; ++fingerprint) {
    if (const auto old = ghosts.put({fingerprint, 0, 1, 0})) {
      forgotten.push_back(old->fingerprint);
    }
  }
  BOOST_TEST(forgotten[0] < 60U);
  BOOST_TEST((ghosts.find(forgotten[0]) == nullptr));
}

}  // namespace
