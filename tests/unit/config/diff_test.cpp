// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "config/diff.hpp"

#include "tests/unit/config/random_configuration.hpp"

#include <boost/test/unit_test.hpp>

namespace cellard::config {
namespace {

BOOST_AUTO_TEST_SUITE(diff)

BOOST_AUTO_TEST_CASE(equal_configurations_differ_in_nothing) {
  configuration other;
  other.version = 5;
  BOOST_TEST(compare(configuration{}, other).empty());
}

BOOST_AUTO_TEST_CASE(each_key_that_differs_is_told_with_what_it_takes) {
  configuration wanted;
  wanted.memory.capacity = {8 * gib};
  wanted.limits.frame_bytes = 256 * kib;
  const std::vector<difference> found = compare(configuration{}, wanted);
  BOOST_TEST_REQUIRE(found.size() == 2U);
  BOOST_TEST((found[0] == difference{"memory.capacity", "\"25 %\"", "\"8 GiB\"", effect::live}));
  BOOST_TEST(
    (found[1] == difference{"limits.frame", "\"192 KiB\"", "\"256 KiB\"", effect::restart}));
  BOOST_TEST(to_text(found[0]) == "memory.capacity: \"25 %\" -> \"8 GiB\" (live)");
  BOOST_TEST(to_text(found[1]) == "limits.frame: \"192 KiB\" -> \"256 KiB\" (needs a restart)");
}

BOOST_AUTO_TEST_CASE(tables_of_a_list_come_go_and_change) {
  configuration running;
  running.quotas.resize(2);
  running.quotas[0].name_space = "a";
  running.quotas[1].name_space = "b";
  configuration wanted = running;
  wanted.quotas[0].max_age = std::chrono::hours(1);
  wanted.quotas.pop_back();
  wanted.listeners.resize(1);
  wanted.listeners[0].path = "/s";
  const auto found = compare(running, wanted);
  BOOST_TEST_REQUIRE(found.size() == 3U);
  BOOST_TEST(
    to_text(found[0])
    == "listener[0]: none -> { path = \"/s\", mode = \"0660\", group = \"\", tenant = \"\", "
       "allow_root = false } (needs a restart)");
  BOOST_TEST(to_text(found[1]) == "quota[0].max_age: \"0 s\" -> \"1 h\" (live)");
  BOOST_TEST(
    to_text(found[2])
    == "quota[1]: { namespace = \"b\", tenant = \"\", guaranteed = \"0\", maximum = "
       "\"100 %\", max_age = \"0 s\", codec = \"default\", ladder = \"default\" } -> none (live)");
}

BOOST_AUTO_TEST_CASE(what_the_issue_wants_live_is_live) {
  for (const std::string_view name :
       {"mode", "memory.capacity", "memory.low_watermark", "memory.high_watermark",
        "eviction.strategy", "quota.namespace", "quota.guaranteed", "quota.maximum",
        "limits.sessions", "limits.staging", "log.level", "log.format", "codec.policy"}) {
    BOOST_TEST_CONTEXT(name) {
      BOOST_TEST_REQUIRE((find_key(name) != nullptr));
      BOOST_TEST((find_key(name)->when == effect::live));
    }
  }
}

BOOST_AUTO_TEST_CASE(after_a_reload_only_keys_that_need_a_restart_differ) {
  testing::random_configuration random(99);
  for (int round = 0; round < 200; ++round) {
    configuration running = random.next();
    running.version = 3;
    const configuration wanted = random.next();
    const configuration mixed = with_live_keys(running, wanted);
    BOOST_TEST_REQUIRE(mixed.version == 3U);
    for (const difference& left : compare(mixed, wanted)) {
      BOOST_TEST_REQUIRE((left.when == effect::restart), left.key);
    }
    for (const difference& taken : compare(running, mixed)) {
      BOOST_TEST_REQUIRE((taken.when == effect::live), taken.key);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace cellard::config
