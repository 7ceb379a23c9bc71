// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "ctl/forecast.hpp"

#include <boost/test/unit_test.hpp>

using namespace cellard::ctl;

BOOST_AUTO_TEST_SUITE(forecast)

BOOST_AUTO_TEST_CASE(a_sign_counts_from_what_there_is) {
  constexpr std::uint64_t gib = 1U << 30U;
  BOOST_TEST(wanted_bytes("16GiB", 8 * gib) == 16 * gib);
  BOOST_TEST(wanted_bytes("+2 GiB", 8 * gib) == 10 * gib);
  BOOST_TEST(wanted_bytes("-2GiB", 8 * gib) == 6 * gib);
  BOOST_TEST(wanted_bytes("-8GiB", 8 * gib) == 0U);
  for (const char* wrong : {"-9GiB", "", "+", "much", "--1GiB", "+16777216TiB"}) {
    BOOST_CHECK_THROW(wanted_bytes(wrong, 8 * gib), refused);
  }
}

BOOST_AUTO_TEST_CASE(a_bar_is_as_long_as_the_share) {
  BOOST_TEST(bar(0, 4, true).empty());
  BOOST_TEST(bar(0.5, 4, true) == "██");
  BOOST_TEST(bar(0.53, 4, true) == "██");
  BOOST_TEST(bar(0.54, 4, true) == "██▏");
  BOOST_TEST(bar(1, 4, true) == "████");
  BOOST_TEST(bar(1.5, 4, true) == "████");
  BOOST_TEST(bar(0.6, 4, false) == "##");
}

BOOST_AUTO_TEST_SUITE_END()
