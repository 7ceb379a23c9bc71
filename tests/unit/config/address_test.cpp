// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "config/address.hpp"

#include <boost/test/unit_test.hpp>

namespace cellard::config {
namespace {

BOOST_AUTO_TEST_SUITE(addresses)

BOOST_AUTO_TEST_CASE(both_families_are_read_with_their_port) {
  const auto four = parse_address("127.0.0.1:9464");
  BOOST_TEST_REQUIRE(four.has_value());
  BOOST_TEST(four->host == "127.0.0.1");
  BOOST_TEST(four->port == 9464);
  const auto six = parse_address("[::1]:0");
  BOOST_TEST_REQUIRE(six.has_value());
  BOOST_TEST(six->host == "::1");
  BOOST_TEST(six->port == 0);
}

BOOST_AUTO_TEST_CASE(only_addresses_that_stay_on_the_host_are_loopback) {
  for (const char* here : {"127.0.0.1:1", "127.255.3.2:1", "[::1]:1", "[0:0:0:0:0:0:0:1]:1"}) {
    BOOST_TEST(parse_address(here).value().loopback, here);
  }
  for (const char* away : {"0.0.0.0:1", "128.0.0.1:1", "10.0.0.1:1", "[::]:1", "[fe80::1]:1",
                           "[::ffff:127.0.0.1]:1"}) {
    BOOST_TEST(!parse_address(away).value().loopback, away);
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_address_with_a_port_is_none) {
  using namespace std::string_view_literals;
  for (const auto text :
       {""sv, ":"sv, "127.0.0.1"sv, "127.0.0.1:"sv, "127.0.0.1:65536"sv, "127.0.0.1:-1"sv,
        "127.0.0.1: 80"sv, "127.0.0.1:80 "sv, "127.1:80"sv, "localhost:80"sv, "::1:80"sv,
        "[::1:80"sv, "[127.0.0.1]:80"sv, "[]:80"sv, "[]"sv, "127.0.0.1\0x:80"sv}) {
    BOOST_TEST(!parse_address(text).has_value(), text);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace cellard::config
