// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The asynchronous form with a daemon that is absent, slow, dead or wrong, with a process that
// forks, and with a queue that is closed while something is under way.
#include "tests/unit/client/async_fixture.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

using namespace cellard::testing;
using cellard::protocol::opcode;
namespace core = cellard::core;
namespace protocol = cellard::protocol;

namespace {

constexpr std::uint32_t short_deadline_ms = 150;

/// Submits lookups until the pause before the next connection is over.
void reconnect(async_cache& fixture) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  for (std::uint64_t tag = 1000;; ++tag) {
    BOOST_TEST_REQUIRE(fixture.submit(CELLARD_OP_LOOKUP, tag, 1) == CELLARD_OK);
    fixture.reap(1);
    if (fixture.status_of(tag) == CELLARD_OK) {
      return;
    }
    BOOST_TEST_REQUIRE((std::chrono::steady_clock::now() < end), "no connection in 20 s");
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(async_loss_test)

BOOST_AUTO_TEST_CASE(an_absent_daemon_completes_with_unavailable_and_works_when_it_comes) {
  async_cache fixture;
  fixture.daemon.stop();
  std::filesystem::remove(fixture.daemon.path());
  BOOST_TEST(fixture.submit(CELLARD_OP_LOOKUP, 1, 1) == CELLARD_OK);
  BOOST_TEST(readable(fixture.async.get(), 0));  // at once
  fixture.reap(1);
  BOOST_TEST(fixture.status_of(1) == CELLARD_UNAVAILABLE);
  BOOST_TEST(fixture.messages[1].find(fixture.daemon.path()) != std::string::npos);
  BOOST_TEST(fixture.submit_put(2, 2) == CELLARD_OK);
  fixture.reap(1);
  BOOST_TEST(fixture.status_of(2) == CELLARD_UNAVAILABLE);
  BOOST_TEST(fixture.puts[2].statuses == std::vector<int>(2, CELLARD_UNAVAILABLE));
  fixture.daemon.start();
  reconnect(fixture);
  BOOST_TEST(fixture.submit_put(3, 2) == CELLARD_OK);
  fixture.reap(1);
  BOOST_TEST(fixture.completions[3].count == 2U);
}

BOOST_AUTO_TEST_CASE(a_daemon_that_ends_completes_all_that_was_under_way) {
  async_cache fixture;
  fixture.fill(1);
  fixture.daemon.hold(opcode::get, 3);
  for (std::uint64_t tag = 1; tag <= 3; ++tag) {
    BOOST_TEST(fixture.submit(CELLARD_OP_GET, tag, 1) == CELLARD_OK);
  }
  BOOST_TEST(fixture.submit(CELLARD_OP_LOOKUP, 4, 1) == CELLARD_OK);
  fixture.reap(1);
  fixture.daemon.wait_for(opcode::get, 3);
  fixture.daemon.stop();
  fixture.reap(3);
  for (std::uint64_t tag = 1; tag <= 3; ++tag) {
    BOOST_TEST(fixture.status_of(tag) == CELLARD_UNAVAILABLE);
    BOOST_TEST(fixture.completions[tag].blocks == nullptr);
  }
  BOOST_TEST(!readable(fixture.async.get(), 0));  // a dead socket is no reason to wake
}

BOOST_AUTO_TEST_CASE(a_restarted_daemon_is_found_by_the_next_submission) {
  async_cache fixture;
  BOOST_TEST(fixture.submit_put(1, 2) == CELLARD_OK);
  fixture.reap(1);
  BOOST_TEST(fixture.submit(CELLARD_OP_GET, 2, 2) == CELLARD_OK);
  fixture.reap(1);
  fixture.daemon.stop();
  fixture.daemon.start();
  BOOST_TEST(fixture.submit(CELLARD_OP_LOOKUP, 3, 2) == CELLARD_OK);
  fixture.reap(1);
  BOOST_TEST(fixture.status_of(3) == CELLARD_OK, fixture.messages[3]);
  BOOST_TEST(fixture.completions[3].ready == 0U);                  // the new one is empty
  BOOST_TEST(same_bytes(fixture.found[2].get(), 1, block_of(1)));  // mapped still
  BOOST_TEST(fixture.submit_put(4, 2) == CELLARD_OK);
  fixture.reap(1);
  BOOST_TEST(fixture.completions[4].count == 2U);
}

BOOST_AUTO_TEST_CASE(a_silent_daemon_costs_no_more_than_the_deadline_and_then_the_connection) {
  async_cache fixture;
  fixture.fill(1);
  fixture.daemon.hold(opcode::get, 100);
  BOOST_TEST(fixture.submit(CELLARD_OP_GET, 1, 1, short_deadline_ms) == CELLARD_OK);
  BOOST_TEST(fixture.submit(CELLARD_OP_GET, 2, 1, 20000) == CELLARD_OK);
  fixture.reap(1);
  BOOST_TEST(fixture.status_of(1) == CELLARD_TIMED_OUT);
  BOOST_TEST(fixture.messages[1].find("deadline_ms") != std::string::npos);
  BOOST_TEST(fixture.submit(CELLARD_OP_GET, 3, 1, short_deadline_ms) == CELLARD_OK);
  fixture.reap(2);
  BOOST_TEST(fixture.status_of(3) == CELLARD_TIMED_OUT);
  BOOST_TEST(fixture.status_of(2) == CELLARD_TIMED_OUT);  // it was asked over that connection
}

BOOST_AUTO_TEST_CASE(deadlines_that_pass_together_count_once) {
  async_cache fixture;
  fixture.fill(1);
  fixture.daemon.hold(opcode::get, 100);
  for (std::uint64_t tag = 1; tag <= 8; ++tag) {
    BOOST_TEST(fixture.submit(CELLARD_OP_GET, tag, 1, short_deadline_ms) == CELLARD_OK);
  }
  fixture.daemon.wait_for(opcode::open, 1);
  // Polled when all have passed: on a busy machine they pass one by one, and count.
  const auto passed =
    std::chrono::steady_clock::now() + std::chrono::milliseconds{short_deadline_ms + 1};
  while (std::chrono::steady_clock::now() < passed) {}
  while (fixture.completions.size() < 8) {
    fixture.reap(1);
  }
  const auto connections = fixture.daemon.connections();
  fixture.daemon.hold(opcode::get, 0);
  fixture.daemon.answer_held();  // late
  BOOST_TEST(fixture.submit(CELLARD_OP_GET, 9, 1) == CELLARD_OK);
  fixture.reap(1);
  BOOST_TEST(fixture.status_of(9) == CELLARD_OK, fixture.messages[9]);
  BOOST_TEST(fixture.daemon.connections() <= connections + 1);
  fixture.found.clear();
  BOOST_TEST(fixture.submit(CELLARD_OP_LOOKUP, 10, 1) == CELLARD_OK);
  fixture.reap(1);
  BOOST_TEST(fixture.daemon.leases().empty());  // those of late replies went back, too
}

BOOST_AUTO_TEST_CASE(a_hello_that_is_never_answered_ends_at_the_deadline) {
  async_cache fixture;
  fixture.daemon.hold(opcode::hello, 100);
  BOOST_TEST(fixture.submit(CELLARD_OP_LOOKUP, 1, 1, short_deadline_ms) == CELLARD_OK);
  fixture.reap(1);
  BOOST_TEST(fixture.status_of(1) == CELLARD_TIMED_OUT);
}

BOOST_AUTO_TEST_CASE(another_protocol_version_is_the_completions_status) {
  async_cache fixture;
  fixture.daemon.on(opcode::hello, [](fake_exchange& exchange) {
    protocol::hello_reply reply;
    reply.version = 9;
    reply.frame_bytes = protocol::default_frame_bytes;
    reply.keys = 1;
    exchange.reply(reply);
    return true;
  });
  BOOST_TEST(fixture.submit(CELLARD_OP_LOOKUP, 1, 1) == CELLARD_OK);
  fixture.reap(1);
  BOOST_TEST(fixture.status_of(1) == CELLARD_UNSUPPORTED_VERSION);
}

BOOST_AUTO_TEST_CASE(a_reply_that_cannot_be_loses_the_connection_and_nothing_else) {
  async_cache fixture;
  fixture.fill(1);
  fixture.daemon.on(opcode::lookup, [](fake_exchange& exchange) {
    exchange.reply(protocol::match_reply{9, 9, 0});
    return true;
  });
  BOOST_TEST(fixture.submit(CELLARD_OP_LOOKUP, 1, 1) == CELLARD_OK);
  fixture.reap(1);
  BOOST_TEST(fixture.status_of(1) == CELLARD_BAD_FRAME);
  fixture.daemon.on(opcode::lookup, [](fake_exchange&) { return false; });
  reconnect(fixture);
}

BOOST_AUTO_TEST_CASE(a_late_staging_area_is_not_taken_for_another) {
  async_cache fixture;
  fixture.daemon.hold(opcode::stage);
  BOOST_TEST(fixture.submit_put(1, 2, block_bytes, short_deadline_ms) == CELLARD_OK);
  fixture.reap(1);
  BOOST_TEST(fixture.status_of(1) == CELLARD_TIMED_OUT);
  BOOST_TEST(fixture.submit_put(2, 2) == CELLARD_OK);
  fixture.daemon.answer_held();
  fixture.reap(1);
  BOOST_TEST(fixture.completions[2].count == 2U, fixture.messages[2]);
  BOOST_TEST(fixture.daemon.seen(opcode::stage) == 1);
}

BOOST_AUTO_TEST_CASE(close_forgets_what_is_under_way_and_leaves_no_descriptor) {
  const auto before = open_descriptors();
  {
    async_cache fixture;
    fixture.fill(2);
    BOOST_TEST(fixture.submit(CELLARD_OP_GET, 1, 2) == CELLARD_OK);
    fixture.reap(1);
    fixture.daemon.hold(opcode::get, 2);
    BOOST_TEST(fixture.submit(CELLARD_OP_GET, 2, 2) == CELLARD_OK);
    BOOST_TEST(fixture.submit_put(3, 2) == CELLARD_OK);
    BOOST_TEST(fixture.submit(CELLARD_OP_LOOKUP, 4, 0) == CELLARD_OK);  // complete, not polled
    fixture.async.reset();
    BOOST_TEST(fixture.puts[3].statuses.size() == 2U);
    BOOST_TEST(same_bytes(fixture.found[1].get(), 1, block_of(1)));  // outlives it
    BOOST_TEST(fixture.lookup(2) == 2U);                             // the client goes on
  }
  BOOST_TEST(open_descriptors() == before);
}

BOOST_AUTO_TEST_CASE(after_the_clients_end_submissions_are_refused) {
  async_cache fixture;
  fixture.client.reset();
  BOOST_TEST(fixture.submit(CELLARD_OP_LOOKUP, 1, 1) == CELLARD_NOT_OPEN);
}

BOOST_AUTO_TEST_CASE(a_child_is_refused_and_the_parent_goes_on) {
  async_cache fixture;
  fixture.fill(1);
  BOOST_TEST(fixture.submit(CELLARD_OP_LOOKUP, 1, 1) == CELLARD_OK);
  fixture.reap(1);
  fixture.daemon.hold(opcode::touch);
  BOOST_TEST(fixture.submit(CELLARD_OP_TOUCH, 2, 1) == CELLARD_OK);
  const auto pid = ::fork();
  BOOST_TEST_REQUIRE(pid >= 0);
  if (pid == 0) {
    cellard_completion got{};
    std::size_t count = 0;
    const bool refused =
      fixture.submit(CELLARD_OP_LOOKUP, 3, 1) == CELLARD_FORKED
      && cellard_async_poll(fixture.async.get(), &got, 1, &count) == CELLARD_FORKED;
    cellard_async_close(fixture.async.release());
    ::_exit(refused ? 0 : 1);
  }
  int status = -1;
  BOOST_TEST_REQUIRE(::waitpid(pid, &status, 0) == pid);
  BOOST_TEST(status == 0);
  fixture.daemon.answer_held();
  fixture.reap(1);
  BOOST_TEST(fixture.status_of(2) == CELLARD_OK);
}

BOOST_AUTO_TEST_SUITE_END()
