// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "config/suggest.hpp"

#include "config/schema.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

namespace cellard::config {
namespace {

BOOST_AUTO_TEST_SUITE(suggest)

BOOST_AUTO_TEST_CASE(the_distance_counts_slips) {
  BOOST_TEST(edit_distance("", "") == 0U);
  BOOST_TEST(edit_distance("", "abc") == 3U);
  BOOST_TEST(edit_distance("frame", "frame") == 0U);
  BOOST_TEST(edit_distance("frame", "farme") == 1U);
  BOOST_TEST(edit_distance("sesions", "sessions") == 1U);
  BOOST_TEST(edit_distance("kitten", "sitting") == 3U);
}

BOOST_AUTO_TEST_CASE(one_slip_in_any_key_is_understood) {
  for (const section& in : sections()) {
    for (const key& of : in.keys) {
      const auto begin = of.name.size() - of.leaf().size();
      for (std::size_t at = begin; at < of.name.size(); ++at) {
        std::string changed(of.name);
        changed[at] = '~';
        BOOST_TEST(nearest_key(changed) == of.name);
        BOOST_TEST(nearest_key(std::string(of.name).insert(at, 1, '~')) == of.name);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(the_table_may_be_wrong_or_missing) {
  BOOST_TEST(nearest_key("daemon.frame") == "limits.frame");
  BOOST_TEST(nearest_key("capacity") == "memory.capacity");
  BOOST_TEST(nearest_section("limit") == "limits");
  BOOST_TEST(nearest_section("listeners") == "listener");
}

BOOST_AUTO_TEST_CASE(what_is_like_nothing_gets_no_suggestion) {
  BOOST_TEST(nearest_key("limits.xyzzy") == "");
  BOOST_TEST(nearest_key("") == "");
  BOOST_TEST(nearest_key("a") == "");
  BOOST_TEST(nearest_section("") == "");
  BOOST_TEST(nearest_section("x") == "");
  BOOST_TEST(nearest_key(std::string(1'000'000, 'a')) == "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace cellard::config
