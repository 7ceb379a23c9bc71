// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "client/src/endpoint.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <optional>

using namespace cellard::library;
using cellard::core::errc;

namespace {

/// Sets variables for one test and puts the old ones back.
class environment {
public:
  environment() {
    for (const auto* name : names) {
      const char* value = std::getenv(name);
      old_.push_back(value == nullptr ? std::nullopt : std::optional<std::string>{value});
      ::unsetenv(name);
    }
  }
  ~environment() {
    for (std::size_t i = 0; i < std::size(names); ++i) {
      old_[i] ? ::setenv(names[i], old_[i]->c_str(), 1) : ::unsetenv(names[i]);
    }
  }
  static constexpr const char* names[] = {"CELLARD_SOCKET", "CELLARD_DEADLINE", "CELLARD_DISABLE",
                                          "XDG_RUNTIME_DIR"};

private:
  std::vector<std::optional<std::string>> old_;
};

using paths = std::vector<std::string>;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(endpoint_test, environment)

BOOST_AUTO_TEST_CASE(without_anything_it_is_the_system_socket) {
  const auto found = find_endpoint(nullptr, nullptr, 0);
  BOOST_TEST_REQUIRE(found.has_value());
  BOOST_TEST(found->sockets == paths{"/run/cellard/cellard.sock"});
  BOOST_TEST(found->deadline.count() == 1000);
  BOOST_TEST(!found->client_name.empty());
  BOOST_TEST(!found->disabled);
}

BOOST_AUTO_TEST_CASE(the_users_socket_comes_before_the_systems) {
  ::setenv("XDG_RUNTIME_DIR", "/run/user/7", 1);
  BOOST_TEST(find_endpoint(nullptr, nullptr, 0)->sockets
             == (paths{"/run/user/7/cellard/cellard.sock", "/run/cellard/cellard.sock"}));
}

BOOST_AUTO_TEST_CASE(the_variable_is_the_only_candidate_and_an_option_beats_it) {
  ::setenv("XDG_RUNTIME_DIR", "/run/user/7", 1);
  ::setenv("CELLARD_SOCKET", "/a", 1);
  BOOST_TEST(find_endpoint(nullptr, nullptr, 0)->sockets == paths{"/a"});
  BOOST_TEST(find_endpoint("/b", nullptr, 0)->sockets == paths{"/b"});
}

BOOST_AUTO_TEST_CASE(a_path_that_is_too_long_is_refused_with_the_limit) {
  const auto found = find_endpoint(std::string(108, 'x').c_str(), nullptr, 0);
  BOOST_TEST((found.error().code() == errc::invalid_argument));
  BOOST_TEST(found.error().context().find("107") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_deadline_is_in_seconds_and_an_option_beats_it) {
  ::setenv("CELLARD_DEADLINE", "0.25", 1);
  BOOST_TEST(find_endpoint(nullptr, nullptr, 0)->deadline.count() == 250);
  BOOST_TEST(find_endpoint(nullptr, nullptr, 40)->deadline.count() == 40);
}

BOOST_AUTO_TEST_CASE(a_deadline_that_is_no_time_is_refused) {
  for (const auto* text : {"x", "1s", "0", "-1", "nan", "inf", "1e9"}) {
    ::setenv("CELLARD_DEADLINE", text, 1);
    BOOST_TEST((find_endpoint(nullptr, nullptr, 0).error().code() == errc::invalid_argument));
  }
}

BOOST_AUTO_TEST_CASE(disable_is_anything_but_empty_and_zero) {
  ::setenv("CELLARD_DISABLE", "1", 1);
  BOOST_TEST(find_endpoint(nullptr, nullptr, 0)->disabled);
  for (const auto* text : {"", "0"}) {
    ::setenv("CELLARD_DISABLE", text, 1);
    BOOST_TEST(!find_endpoint(nullptr, nullptr, 0)->disabled);
  }
}

BOOST_AUTO_TEST_SUITE_END()
