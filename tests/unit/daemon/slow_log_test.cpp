// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "daemon/slow_log.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <thread>
#include <vector>

namespace cellard::daemon::testing {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::steady_clock::time_point start{1000s};

actors::slow_request a_put() {
  return {protocol::opcode::put, 1, "llama", "engines:1000", 1000, 4711, 8, 35'250us};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(slow_requests)

BOOST_AUTO_TEST_CASE(a_line_says_who_asked_for_what_and_how_long_it_took) {
  slow_log log(1);
  BOOST_TEST(log.line(a_put(), start).value()
             == "slow request: put in namespace 'llama' of 8 keys took 35.2 ms; tenant "
                "engines:1000, uid 1000, pid 4711");
  BOOST_TEST(log.line({protocol::opcode::stats, 0, "", ":0", 0, 1, 0, 1s}, start + 1s).value()
             == "slow request: stats took 1000.0 ms; tenant :0, uid 0, pid 1");
}

BOOST_AUTO_TEST_CASE(a_second_has_its_lines_and_the_next_counts_the_others) {
  slow_log log(2);
  int lines = 0;
  for (int i = 0; i < 100; ++i) {
    lines += log.line(a_put(), start + i * 1ms).has_value() ? 1 : 0;
  }
  BOOST_TEST(lines == 2);
  const auto next = log.line(a_put(), start + 1s);
  BOOST_TEST(next.value().ends_with("; 98 more since the last such line"));
  BOOST_TEST(log.line(a_put(), start + 1s).value().ends_with("pid 4711"));
}

BOOST_AUTO_TEST_CASE(none_are_written_at_a_limit_of_none_until_it_is_raised) {
  slow_log log(0);
  BOOST_TEST(!log.line(a_put(), start).has_value());
  log.limit(1);
  BOOST_TEST(log.line(a_put(), start + 1s).value().ends_with("; 1 more since the last such line"));
}

/// What a line says of others, 0 if nothing.
int left_out(const std::string& line) {
  const auto at = line.rfind("; ");
  return line.ends_with("more since the last such line") ? std::stoi(line.substr(at + 2)) : 0;
}

BOOST_AUTO_TEST_CASE(threads_together_lose_no_count) {
  slow_log log(3);
  std::atomic<int> lines = 0;
  std::atomic<int> told = 0;  // by the lines, which may come while others are left out
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 1000; ++i) {
          if (const auto line = log.line(a_put(), start)) {
            lines += 1;
            told += left_out(*line);
          }
        }
      });
    }
  }
  BOOST_TEST(lines == 3);
  BOOST_TEST(told + left_out(log.line(a_put(), start + 1s).value()) == 3997);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace cellard::daemon::testing
