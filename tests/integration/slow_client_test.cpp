// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Clients that stand still: one that takes no answers is cut off at limits.out_bytes, one that says
// nothing loses its leases and reservations, and nobody else waits for either.
#include "tests/support/child.hpp"
#include "tests/support/keys.hpp"
#include "tests/support/store_client.hpp"
#include "tests/support/watcher.hpp"

#include <boost/test/unit_test.hpp>

#include <csignal>

namespace cellard::tests {
namespace {

constexpr std::uint32_t block = 4096;

BOOST_AUTO_TEST_CASE(a_stopped_client_with_a_full_queue_is_cut_off_and_others_are_served) {
  const daemon_process daemon({.config = memory_of("64 MiB", "out_bytes = \"64 KiB\"\n")});
  watcher eyes(daemon);
  const store_client other(daemon.socket(), "model", opaque(block));
  BOOST_TEST(all(other.put(1, 1000, 1, block), CELLARD_OK));
  const auto keys = keys_from(1, 1000);
  child stopped([&](const auto&) {
    raw_client client(daemon.socket());
    const auto space = client.open("model", block);
    // 32 KB each; the socket takes some 200 KB. It may be cut off before it has asked for all.
    const auto frame = client.encoded(chain(protocol::opcode::get, space, keys));
    for (int i = 0; i < 32 && client.send_bytes(frame); ++i) {}
    ::raise(SIGSTOP);
    client.ended();
  });
  stopped.wait_stopped();
  eyes.until("a slow reader", [](const auto& now) { return now.at("slow_readers") >= 1; });
  BOOST_TEST(other.find(1, 1000, 1) == 1000U);
  // It still stands, and nothing in the daemon is its own any more.
  eyes.until("without it", [](const auto& now) {
    return now.at("sessions") == 2 && now.at("leases") == 1;  // that of find
  });
  static_cast<void>(other.space.lookup(store_client::keys_of(1, 1)));  // carries it back
  eyes.until("no leases", [](const auto& now) { return now.at("leases") == 0; });
  stopped.signal(SIGCONT);
  BOOST_TEST(stopped.wait() == 0);
}

BOOST_AUTO_TEST_CASE(a_client_that_takes_its_answers_late_gets_them_all) {
  const daemon_process daemon;
  watcher eyes(daemon);
  const store_client other(daemon.socket(), "model", opaque(block));
  BOOST_TEST(all(other.put(1, 500, 1, block), CELLARD_OK));
  const auto keys = keys_from(1, 500);
  raw_client late(daemon.socket());
  const auto space = late.open("model", block);
  for (int i = 0; i < 32; ++i) {  // 512 KB: more than the socket takes, less than out_bytes
    late.send(chain(protocol::opcode::get, space, keys));
  }
  eyes.until("all are served", [](const auto& now) { return now.at("lookups") >= 32; });
  for (int i = 0; i < 32; ++i) {
    const auto reply = late.receive();
    BOOST_REQUIRE(reply);
    const auto found = reply->as<protocol::get_reply>();
    BOOST_REQUIRE(found.has_value());
    BOOST_TEST(found->ready == 500U);
  }
  BOOST_TEST(eyes.stats().at("slow_readers") == 0);
}

BOOST_AUTO_TEST_CASE(a_silent_client_loses_its_leases_and_hears_of_it) {
  const daemon_process daemon({.config = memory_of("64 MiB", "lease_time = \"100 ms\"\n")});
  watcher eyes(daemon);
  const store_client other(daemon.socket(), "model", opaque(block));
  BOOST_TEST(all(other.put(1, 8, 1, block), CELLARD_OK));
  raw_client silent(daemon.socket());
  const auto space = silent.open("model", block);
  BOOST_TEST(silent.get(space, keys_from(1, 8)).lease != 0U);
  BOOST_TEST(other.space.remove(store_client::keys_of(1, 1)) == 8U);
  eyes.until("revoked", [](const auto& now) {
    return now.at("leases_revoked") == 1 && now.at("leases") == 0 && now.at("deferred_slots") == 0
           && now.at("used_bytes") == 0;
  });
  const auto id = silent.send(chain(protocol::opcode::lookup, space, keys_from(1, 8)));
  BOOST_TEST((silent.reply_to(id).header.flags & protocol::leases_lost) != 0);
  const auto next = silent.send(chain(protocol::opcode::lookup, space, keys_from(1, 8)));
  BOOST_TEST((silent.reply_to(next).header.flags & protocol::leases_lost) == 0);
}

BOOST_AUTO_TEST_CASE(the_keys_of_a_stopped_writer_are_free_after_reservation_time) {
  const daemon_process daemon({.config = memory_of("64 MiB", "reservation_time = \"100 ms\"\n")});
  watcher eyes(daemon);
  const auto keys = keys_from(1, 4);
  child writer([&](const auto&) {
    raw_client client(daemon.socket());
    const auto space = client.open("model", block);
    const auto area = client.stage(4 * block);
    const auto tickets = client.ask<protocol::reserve_reply>(reserve_of(space, keys));
    fill(area.first(block), 1, 1);
    ::raise(SIGSTOP);
    auto commit = commit_of(space);
    for (const auto& each : tickets->entries) {
      commit.entries.push_back({each.ticket, block, 0});
    }
    const auto late = client.ask<protocol::status_list_reply>(commit);
    if (late->statuses != std::vector<core::errc>(4, core::errc::not_found)) {
      throw std::runtime_error("an expired ticket was honoured");
    }
  });
  writer.wait_stopped();
  const store_client other(daemon.socket(), "model", opaque(block));
  eyes.until("the reservations are over",
             [](const auto& now) { return now.at("reservations") == 0; });
  BOOST_TEST(all(other.put(1, 4, 2, block), CELLARD_OK));
  writer.signal(SIGCONT);
  BOOST_TEST(writer.wait() == 0);
  BOOST_TEST(other.find(1, 4, 2) == 4U);
}

}  // namespace
}  // namespace cellard::tests
