// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// A request over daemon.slow_request is counted and becomes a line that says who asked for what,
// and no byte of what was stored.
#include "tests/support/keys.hpp"
#include "tests/support/printing.hpp"
#include "tests/support/store_client.hpp"
#include "tests/support/watcher.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include <unistd.h>

namespace cellard::tests {
namespace {

constexpr std::size_t block = 1 << 20;

daemon_options slow_after(const std::string& time, int lines) {
  return {.config =
            fmt::format("[daemon]\nslow_request = \"{}\"\n[log]\nslow_requests = {}\n", time, lines)
            + memory_of("64 MiB")};
}

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t found = 0;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) {
    ++found;
  }
  return found;
}

/// Puts chain after chain until this holds of the daemon's numbers. The daemon's clock is coarse,
/// so a single put may look short.
template <class Condition>
void put_until(const daemon_process& daemon, const store_client& client, const std::string& what,
               Condition holds) {
  std::uint64_t chain = 0;
  watcher(daemon).until(what, [&](const auto& numbers) {
    client.put(1000 * ++chain, 4, 1, block);
    return holds(numbers);
  });
}

BOOST_AUTO_TEST_CASE(a_slow_put_is_a_line_with_its_client_and_without_its_bytes) {
  daemon_process daemon(slow_after("100 us", 1000));
  const store_client client(daemon.socket(), "model", opaque(block), "secret salt");
  put_until(daemon, client, "the line of a slow put", [&](const auto&) {
    return daemon.log().find("slow request: put in namespace 'model' of ") != std::string::npos;
  });
  watcher(daemon).until("a slow request is counted",
                        [](const auto& numbers) { return numbers.at("slow_requests") >= 1U; });
  BOOST_TEST(daemon.stop() == 0);
  const auto log = daemon.log();
  BOOST_TEST(log.find(fmt::format(":{0}, uid {0}, pid {1}", ::getuid(), ::getpid()))
               != std::string::npos,
             log);
  BOOST_TEST(log.find("secret") == std::string::npos, log);
}

BOOST_AUTO_TEST_CASE(lines_are_limited_and_the_count_is_not) {
  daemon_process daemon(slow_after("100 us", 0));
  const store_client client(daemon.socket(), "model", opaque(block));
  put_until(daemon, client, "a slow put",
            [](const auto& numbers) { return numbers.at("slow_requests") >= 1U; });
  BOOST_TEST(daemon.stop() == 0);
  BOOST_TEST(count(daemon.log(), "slow request") == 0U);
}

BOOST_AUTO_TEST_CASE(zero_counts_none) {
  const daemon_process daemon(slow_after("0", 1000));
  const store_client client(daemon.socket(), "model", opaque(block));
  BOOST_TEST(all(client.put(1, 4, 1, block), CELLARD_OK));
  BOOST_TEST(watcher(daemon).stats().at("slow_requests") == 0U);
  BOOST_TEST(count(daemon.log(), "slow request") == 0U);
}

}  // namespace
}  // namespace cellard::tests
