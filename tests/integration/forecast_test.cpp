// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The forecast of loads whose hit ratio at every size is known. Whoever reads the same blocks round
// and round finds all of them from the second round on where they fit, and under LRU none where
// they do not.
#include "tests/support/keys.hpp"
#include "tests/support/store_client.hpp"
#include "tests/support/watcher.hpp"

#include <boost/test/unit_test.hpp>

#include <memory>

namespace cellard::tests {
namespace {

constexpr std::size_t block = 16 * 1024;
constexpr std::uint64_t capacity = 32U << 20;
constexpr std::uint64_t blocks_that_fit = capacity / block;  // less a slack and staging
constexpr double near = 0.02;

// All of a core: this load comes as fast as it can, and the sample is to stay whole.
const daemon_options whole_sample{
  .config = memory_of("32 MiB")
            + "[eviction]\nstrategy = \"lru\"\n[statistics]\nforecast_cpu = \"100 %\"\n"};

nlohmann::json forecast(const store_client& from, const std::vector<double>& factors) {
  std::vector<std::uint64_t> sizes;
  for (const double each : factors) {
    sizes.push_back(static_cast<std::uint64_t>(each * static_cast<double>(capacity)));
  }
  cellard_outlook outlook CELLARD_OUTLOOK_INIT;
  outlook.sizes = sizes.data();
  outlook.count = sizes.size();
  char* text = nullptr;
  check(cellard_forecast(from.connection.handle(), &outlook, &text));
  const std::unique_ptr<char, decltype(&cellard_text_free)> owned(text, cellard_text_free);
  return nlohmann::json::parse(text);
}

/// Each block is a chain of its own: asked for, and put where it is missing.
void scan(const store_client& by, std::uint64_t count, int rounds) {
  for (int round = 0; round < rounds; ++round) {
    for (std::uint64_t i = 0; i < count; ++i) {
      if (by.space.get(store_client::keys_of(i, 1)).size() == 0) {
        by.put(i, 1, 1, block);
      }
    }
  }
}

double ratio(const nlohmann::json& told, std::size_t point) {
  return told.at("points").at(point).at("hit_ratio").get<double>();
}

BOOST_AUTO_TEST_CASE(a_scan_that_does_not_fit_would_hit_with_half_as_much_more) {
  const daemon_process daemon(whole_sample);
  const store_client client(daemon.socket(), "model", opaque(block));
  BOOST_TEST(forecast(client, {}).at("enough") == false);
  constexpr int rounds = 4;
  scan(client, blocks_that_fit * 5 / 4, rounds);
  const auto told = forecast(client, {0.5, 1, 1.5, 2, 8});
  BOOST_TEST_CONTEXT(told.dump()) {
    BOOST_TEST(told.at("capacity_bytes") == capacity);
    BOOST_TEST(told.at("enough") == true);
    BOOST_TEST(told.at("sampled_share") == 1);
    BOOST_TEST(told.at("hit_ratio").get<double>() < near);
    BOOST_TEST(ratio(told, 0) < near);
    BOOST_TEST(ratio(told, 1) < near);
    for (const std::size_t larger : {2U, 3U, 4U}) {
      BOOST_TEST(std::abs(ratio(told, larger) - double{rounds - 1} / rounds) < near);
    }
    BOOST_TEST(told.at("points").at(1).at("full") == true);
    BOOST_TEST(told.at("points").at(3).at("full") == false);
  }
}

BOOST_AUTO_TEST_CASE(a_scan_that_fits_would_not_with_a_quarter_and_what_nobody_puts_is_missed) {
  const daemon_process daemon(whole_sample);
  watcher eyes(daemon);
  const store_client client(daemon.socket(), "model", opaque(block));
  constexpr int rounds = 5;
  constexpr std::uint64_t blocks = blocks_that_fit * 2 / 5;
  scan(client, blocks, rounds);
  for (std::uint64_t i = 0; i < blocks; ++i) {
    BOOST_TEST(client.space.get(store_client::keys_of(1'000'000 + i, 1)).size() == 0U);
  }
  const auto told = forecast(client, {0.25, 0.5, 1, 2});
  const auto numbers = eyes.stats();
  BOOST_TEST_CONTEXT(told.dump()) {
    BOOST_TEST(told.at("blocks_asked") == blocks * (rounds + 1));
    BOOST_TEST(std::abs(told.at("hit_ratio").get<double>() - numbers.at("hit_ratio").get<double>())
               < 0.001);
    constexpr double found = double{rounds - 1} / (rounds + 1);
    BOOST_TEST(ratio(told, 0) < near);
    BOOST_TEST(std::abs(ratio(told, 1) - found) < near);
    BOOST_TEST(std::abs(ratio(told, 2) - found) < near);
    BOOST_TEST(std::abs(ratio(told, 3) - found) < near);
    BOOST_TEST(told.at("points").at(0).at("full") == true);
    BOOST_TEST(told.at("points").at(2).at("full") == false);
  }
}

BOOST_AUTO_TEST_CASE(a_reload_ends_it_and_begins_it_anew) {
  const daemon_process daemon(whole_sample);
  watcher eyes(daemon);
  const store_client client(daemon.socket(), "model", opaque(block));
  scan(client, 100, 2);
  BOOST_TEST(forecast(client, {}).at("blocks_asked") == 200);
  daemon.write_config(memory_of("32 MiB") + "[statistics]\nforecast_memory = 0\n");
  static_cast<void>(eyes.client().text(protocol::opcode::reload));
  cellard_outlook outlook CELLARD_OUTLOOK_INIT;
  char* text = nullptr;
  BOOST_TEST(cellard_forecast(client.connection.handle(), &outlook, &text) == CELLARD_NOT_FOUND);
  daemon.write_config(whole_sample.config);
  static_cast<void>(eyes.client().text(protocol::opcode::reload));
  BOOST_TEST(forecast(client, {}).at("blocks_asked") == 0);
  scan(client, 100, 1);
  BOOST_TEST(forecast(client, {}).at("hit_ratio") == 1);
}

}  // namespace
}  // namespace cellard::tests
