// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "config/validate.hpp"

#include "config/ladder.hpp"

#include <boost/test/unit_test.hpp>

namespace cellard::config {
namespace {

/// The sentences, one a line.
std::string told(const std::vector<problem>& found) {
  std::string text;
  for (const problem& each : found) {
    text += text.empty() ? each.text : "\n" + each.text;
  }
  return text;
}

quota_settings quota(std::string name, size_or_percent guaranteed, size_or_percent maximum) {
  quota_settings made;
  made.name_space = std::move(name);
  made.guaranteed = guaranteed;
  made.maximum = maximum;
  return made;
}

constexpr percent half{500'000};
constexpr percent whole{1'000'000};

BOOST_AUTO_TEST_SUITE(rules)

BOOST_AUTO_TEST_CASE(the_defaults_break_no_rule_on_hosts_of_any_size) {
  BOOST_TEST(told(validate(configuration{})) == "");
  for (std::uint64_t memory = 64 * mib; memory < 64 * tib; memory *= 2) {
    BOOST_TEST(told(validate(configuration{}, memory)) == "");
  }
  BOOST_TEST(told(validate(configuration{}, 32 * mib))
             == "memory.capacity = \"25 %\" is 8 MiB on this host: allowed are 16 MiB and more");
}

BOOST_AUTO_TEST_CASE(metrics_stay_on_the_host) {
  configuration settings;
  settings.metrics.listen = "[::1]:9464";
  BOOST_TEST(told(validate(settings)) == "");
  settings.metrics.listen = "0.0.0.0:9464";
  BOOST_TEST(
    told(validate(settings))
    == "metrics.listen = \"0.0.0.0:9464\" is no loopback address, and the page shows every "
       "tenant to whoever can reach it; use 127.0.0.1 or [::1], and on this host a proxy "
       "that knows whom to let in");
}

BOOST_AUTO_TEST_CASE(the_low_watermark_is_below_the_high_one) {
  configuration settings;
  settings.memory.low_watermark = settings.memory.high_watermark;
  BOOST_TEST(told(validate(settings))
             == "memory.low_watermark = \"95 %\" must be below memory.high_watermark = \"95 %\"");
}

BOOST_AUTO_TEST_CASE(a_frame_holds_the_keys_of_a_request) {
  configuration settings;
  settings.limits.frame_bytes = 128 * kib;
  BOOST_TEST(told(validate(settings))
             == "limits.frame = \"128 KiB\" is too small for limits.keys_per_request = 4096, which "
                "needs 132096 bytes");
}

BOOST_AUTO_TEST_CASE(the_largest_block_fits_the_copy_queue) {
  configuration settings;
  settings.limits.copy_queue_bytes = 512 * mib;
  BOOST_TEST(told(validate(settings))
             == "limits.block = \"1 GiB\" must be at most limits.copy_queue = \"512 MiB\"");
}

BOOST_AUTO_TEST_CASE(staging_is_within_its_total_when_that_is_a_size) {
  configuration settings;
  settings.limits.staging_total = {128 * mib};
  BOOST_TEST(told(validate(settings))
             == "limits.staging = \"256 MiB\" must be at most limits.staging_total = \"128 MiB\"");
}

BOOST_AUTO_TEST_CASE(a_segment_is_within_capacity) {
  configuration settings;
  settings.memory.segment_bytes = 1 * gib;
  BOOST_TEST(told(validate(settings)) == "");
  BOOST_TEST(told(validate(settings, 2 * gib))
             == "memory.segment = \"1 GiB\" must be at most memory.capacity = \"25 %\"");
  settings.memory.capacity = {512 * mib};
  BOOST_TEST(told(validate(settings))
             == "memory.segment = \"1 GiB\" must be at most memory.capacity = \"512 MiB\"");
}

BOOST_AUTO_TEST_CASE(listeners_have_paths_of_their_own) {
  configuration settings;
  settings.listeners.resize(3);
  settings.listeners[0].path = "/a";
  settings.listeners[1].path = "/b";
  settings.listeners[2].path = "/a";
  const auto found = validate(settings);
  BOOST_TEST(told(found) == "listener[2].path = \"/a\" is the path of listener[0] too");
  BOOST_TEST_REQUIRE(found.size() == 1U);
  BOOST_TEST((found[0].keys == std::vector<std::string>{"listener[2].path"}));
}

BOOST_AUTO_TEST_CASE(a_guarantee_is_within_its_maximum) {
  configuration settings;
  settings.quotas = {quota("a", {half}, {percent{400'000}})};
  BOOST_TEST(told(validate(settings))
             == "quota[0].guaranteed = \"50 %\" must be at most quota[0].maximum = \"40 %\"");
  // A size against a share: only once capacity is known.
  settings.quotas = {quota("a", {1 * gib}, {half})};
  BOOST_TEST(told(validate(settings)) == "");
  BOOST_TEST(told(validate(settings, 8 * gib)) == "");
  BOOST_TEST(told(validate(settings, 4 * gib))
             == "quota[0].guaranteed = \"1 GiB\" must be at most quota[0].maximum = \"50 %\"");
  settings.memory.capacity = {1 * gib};
  BOOST_TEST(told(validate(settings))
             == "quota[0].guaranteed = \"1 GiB\" must be at most quota[0].maximum = \"50 %\"");
}

BOOST_AUTO_TEST_CASE(all_guarantees_together_are_within_capacity) {
  configuration settings;
  settings.quotas = {quota("a", {half}, {whole}), quota("b", {half}, {whole}),
                     quota("c", {percent{1}}, {whole})};
  BOOST_TEST(told(validate(settings))
             == "quota[2].guaranteed = \"0.0001 %\": the guaranteed parts up to here are more than "
                "100 %");
  settings.quotas.pop_back();
  BOOST_TEST(told(validate(settings)) == "");
  settings.quotas = {quota("a", {half}, {whole}), quota("b", {600 * mib}, {whole})};
  BOOST_TEST(told(validate(settings)) == "");
  BOOST_TEST(told(validate(settings, 4 * gib))
             == "quota[1].guaranteed = \"600 MiB\": the guaranteed parts up to here are more than "
                "1 GiB of capacity");
}

BOOST_AUTO_TEST_CASE(two_quotas_for_the_same_are_a_mistake) {
  configuration settings;
  settings.quotas = {quota("a", {half}, {whole}), quota("a", {half}, {whole})};
  BOOST_TEST(told(validate(settings))
             == "quota[1] is for the same namespaces and tenants as quota[0]");
  settings.quotas[1].tenant = "b";
  BOOST_TEST(told(validate(settings)) == "");
}

BOOST_AUTO_TEST_CASE(a_ladder_is_a_few_different_codecs) {
  for (const std::string good : {"", "int8", "int8, int4", "lossless int8,int4 , int3"}) {
    configuration settings;
    settings.codec.ladder = good;
    BOOST_TEST(told(validate_keys(settings)) == "");
  }
  for (const std::string bad :
       {"raw", "int8, magic", "int8, int8", "int8, int6, int5, int4, int3", "default"}) {
    configuration settings;
    settings.codec.ladder = bad;
    BOOST_TEST(told(validate_keys(settings))
               == "codec.ladder = \"" + bad
                    + "\": allowed are up to 4 codecs of codec.policy, commas between them");
  }
  BOOST_TEST(ladder_names(" int8 ,int4").size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_configuration_made_by_hand_is_checked_key_by_key) {
  configuration settings;
  settings.daemon.workers = 0;
  settings.codec.policy = "magic";
  settings.listeners.resize(1);
  settings.quotas.resize(1025, quota("a", {half}, {whole}));
  BOOST_TEST(told(validate_keys(settings))
             == "daemon.workers = 0: allowed are 1 to 16\n"
                "listener[0].path = \"\": allowed are absolute paths of up to 107 bytes\n"
                "codec.policy = \"magic\": allowed are raw, lossless, lossless-rans, svd, lowrank, "
                "lowrank-3, sparse, int8, "
                "mixed-hi, int6, int5, mixed, int4, int3, int2\n"
                "1025 [[quota]]: allowed are up to 1024");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace cellard::config
