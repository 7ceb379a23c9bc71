// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "core/error.hpp"

#include "core/block_key.hpp"
#include "core/result.hpp"

#include <boost/test/unit_test.hpp>

#include <set>

using namespace cellard::core;

namespace {

result<int> half(int number) {
  if (number % 2 != 0) {
    return fail(errc::invalid_argument, "{} is odd", number);
  }
  return number / 2;
}

result<int> quarter(int number) {
  const auto once = half(number);
  CELLARD_TRY(once);
  return half(*once).prefixed("quarter");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(error_)

BOOST_AUTO_TEST_CASE(every_code_has_a_name_of_its_own) {
  std::set<std::string_view> names;
  for (std::size_t code = 0; code < errc_count; ++code) {
    names.insert(to_string(static_cast<errc>(code)));
  }
  BOOST_TEST(names.size() == errc_count);
  BOOST_TEST(!names.contains("unknown"));
  BOOST_TEST(to_string(errc::ok) == "ok");
  BOOST_TEST(to_string(errc::internal) == "internal");
}

BOOST_AUTO_TEST_CASE(numbers_outside_the_enumeration_are_unknown) {
  for (std::size_t code = errc_count; code < 256; ++code) {
    BOOST_TEST(to_string(static_cast<errc>(code)) == "unknown");
  }
}

BOOST_AUTO_TEST_CASE(a_message_is_the_name_and_the_sentence) {
  BOOST_TEST((error{errc::busy, "staging is full"}).message() == "busy: staging is full");
  BOOST_TEST((error{errc::busy, ""}).message() == "busy");
}

BOOST_AUTO_TEST_CASE(a_failure_returns_early_with_its_sentence) {
  BOOST_TEST(quarter(8).value() == 2);
  BOOST_TEST(quarter(3).error().message() == "invalid_argument: 3 is odd");
}

BOOST_AUTO_TEST_CASE(a_prefix_says_where_it_happened) {
  BOOST_TEST(quarter(6).error().message() == "invalid_argument: quarter: 3 is odd");
}

BOOST_AUTO_TEST_CASE(a_key_is_abbreviated_to_its_first_eight_bytes) {
  block_key key;
  for (std::size_t i = 0; i < key.bytes.size(); ++i) {
    key.bytes[i] = static_cast<std::uint8_t>(0xA0 + i);
  }
  BOOST_TEST(abbreviated(key) == "a0a1a2a3a4a5a6a7...");
}

BOOST_AUTO_TEST_SUITE_END()
