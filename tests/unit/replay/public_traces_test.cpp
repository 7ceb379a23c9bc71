// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The tables of hit ratios that were measured before this program was written (docs/eviction.md),
// to the digit. The traces are not in the repository: CELLARD_TRACES names the folder that has
// them.
#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "replay/cells.hpp"
#include "replay/policy.hpp"

namespace {

using namespace cellard::replay;

struct expected_rows {
  const char* trace;
  const char* lru;
  const char* belady;
};

constexpr expected_rows tables[] = {
  {"mc_conv", "4.4 4.6 5.4 8.0 20.2 28.8 35.8 37.6", "8.9 18.5 25.0 32.1 38.2 38.2 38.2 38.2"},
  {"cc_u16", "8.5 51.8 81.5 92.8 95.6 95.7 95.7 95.8", "24.5 71.7 88.8 94.9 95.8 95.9 95.9 95.9"},
  {"agents", "8.4 34.3 52.7 66.7 84.2 89.9 89.9 90.0", "10.0 37.2 54.7 69.6 84.5 90.0 90.0 90.0"},
};

std::string row(const trace& what, const char* policy) {
  std::string text;
  for (const double share : {0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4}) {
    const cache_size size{share, 0};
    const auto made = run_policy(what, policy, size.capacity(what.distinct()));
    text += fmt::format("{}{:.1f}", text.empty() ? "" : " ", 100 * made.hit_ratio());
  }
  return text;
}

BOOST_AUTO_TEST_CASE(lru_and_the_optimum_have_the_measured_hit_ratios) {
  const char* const folder = std::getenv("CELLARD_TRACES");
  if (folder == nullptr) {
    std::cerr << "SKIPPED: the public traces' tables; set CELLARD_TRACES to the folder with "
                 "mc_conv.kvt.xz, cc_u16.kvt.xz and agents.kvt.xz\n";
    BOOST_TEST(true);
    return;
  }
  for (const auto& table : tables) {
    const auto path = std::filesystem::path(folder) / fmt::format("{}.kvt.xz", table.trace);
    const auto what = read_trace(path);
    BOOST_TEST_REQUIRE(what.has_value(), path);
    BOOST_TEST(row(*what, "lru") == table.lru);
    BOOST_TEST(row(*what, "belady") == table.belady);
  }
}

}  // namespace
