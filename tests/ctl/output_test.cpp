// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "ctl/output.hpp"

#include <boost/test/unit_test.hpp>

using namespace cellard::ctl;

BOOST_AUTO_TEST_SUITE(output)

BOOST_AUTO_TEST_CASE(numbers_are_in_the_unit_that_keeps_them_short) {
  BOOST_TEST(human_bytes(0) == "0 B");
  BOOST_TEST(human_bytes(1536) == "1.5 KiB");
  BOOST_TEST(human_bytes(3.0 * 1024 * 1024 * 1024) == "3.0 GiB");
  BOOST_TEST(human_count(999) == "999");
  BOOST_TEST(human_count(1'500'000) == "1.5 M");
  BOOST_TEST(human_time(1.25) == "1.2 s");
  BOOST_TEST(human_time(62) == "1 min 2 s");
  BOOST_TEST(human_time(90'000) == "1 d 1 h");
  BOOST_TEST(human_share(0.931) == "93.1 %");
}

BOOST_AUTO_TEST_CASE(a_name_cannot_steer_the_terminal) {
  BOOST_TEST(printable("a\x1b[2Jb\n") == "a?[2Jb?");
}

BOOST_AUTO_TEST_CASE(texts_are_cut_between_characters) {
  BOOST_TEST(fitted("größe", 3) == "grö");
  BOOST_TEST(fitted("ab", 4) == "ab  ");
  BOOST_TEST(fitted("ab", 4, true) == "  ab");
}

BOOST_AUTO_TEST_CASE(columns_of_a_table_are_aligned) {
  table rows({{"NAME"}, {"N", true}});
  rows.add({"größe", "7"});
  rows.add({"b", "100"});
  const std::vector<std::string> expected{"NAME     N", "größe    7", "b      100"};
  BOOST_TEST(rows.lines() == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
