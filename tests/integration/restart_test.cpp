// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The daemon's own end: told to, in the middle of puts; killed; started again on the same socket;
// and started twice. A client gets a status and never hangs, and connects anew by itself.
#include "tests/support/keys.hpp"
#include "tests/support/store_client.hpp"
#include "tests/support/watcher.hpp"

#include <boost/test/unit_test.hpp>

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <thread>

namespace cellard::tests {
namespace {

constexpr std::size_t block = 256 * 1024;

/// Puts until something fails; returns the status of that.
int put_until_it_fails(const store_client& client, std::atomic<int>& puts) {
  try {
    for (std::uint64_t chain = 0;; ++chain) {
      client.put(1000 * chain, 4, 1, block);
      client.find(1000 * chain, 4, 1);
      ++puts;
    }
  } catch (const error& failed) {
    return failed.status();
  }
}

int status_after(daemon_process& daemon, int number) {
  const store_client client(daemon.socket(), "model", opaque(block));
  std::atomic<int> puts = 0;
  int status = CELLARD_OK;
  std::thread worker([&] { status = put_until_it_fails(client, puts); });
  watcher eyes(daemon);
  eyes.until("puts", [&](const auto&) { return puts > 20; });
  daemon.signal(number);
  BOOST_TEST(daemon.wait() == (number == SIGTERM ? 0 : 128 + number));
  worker.join();
  return status;
}

BOOST_AUTO_TEST_CASE(sigterm_in_the_middle_of_puts_is_a_clean_end) {
  daemon_process daemon;
  const int status = status_after(daemon, SIGTERM);
  BOOST_TEST((status == CELLARD_UNAVAILABLE || status == CELLARD_SHUTTING_DOWN),
             cellard_status_name(status));
  BOOST_TEST(::access(daemon.socket().c_str(), F_OK) != 0);
}

BOOST_AUTO_TEST_CASE(sigkill_in_the_middle_of_puts_is_unavailable) {
  daemon_process daemon;
  BOOST_TEST(status_after(daemon, SIGKILL) == CELLARD_UNAVAILABLE);
}

BOOST_AUTO_TEST_CASE(sigterm_with_idle_clients_open_reservations_leases_and_unread_answers) {
  daemon_process daemon;
  raw_client holder(daemon.socket());
  const auto space = holder.open("model", block);
  holder.stage(4 * block);
  BOOST_TEST(
    (holder.put(space, keys_from(1, 2), block) == std::vector<core::errc>(2, core::errc::ok)));
  holder.get(space, keys_from(1, 2));
  static_cast<void>(holder.ask<protocol::reserve_reply>(reserve_of(space, keys_from(10, 2))));
  const auto many = keys_from(1, 2);
  for (int i = 0; i < 30; ++i) {
    holder.send(chain(protocol::opcode::get, space, many));
  }
  holder.send(holder.put_of(space, keys_from(20, 4), block));
  std::vector<raw_client> idle;
  for (int i = 0; i < 50; ++i) {
    idle.emplace_back(daemon.socket(), i % 2 == 0);
  }
  BOOST_TEST(daemon.stop() == 0);
  BOOST_TEST(holder.ended());
  for (auto& each : idle) {
    BOOST_TEST(each.ended());
  }
}

BOOST_AUTO_TEST_CASE(sigterm_right_after_the_start_and_twice) {
  for (int round = 0; round < 10; ++round) {
    daemon_process daemon;
    daemon.signal(SIGTERM);
    daemon.signal(SIGTERM);
    BOOST_TEST(daemon.wait() == 0);
  }
}

BOOST_AUTO_TEST_CASE(a_client_connects_anew_after_a_kill_and_a_restart) {
  daemon_process daemon;
  const store_client client(daemon.socket(), "model", opaque(block));
  BOOST_TEST(all(client.put(1, 4, 1, block), CELLARD_OK));
  const auto held = client.space.get(store_client::keys_of(1, 4));
  const auto before = client.connection.server().instance;
  daemon.kill();
  cellard_match match CELLARD_MATCH_INIT;
  const auto keys = store_client::keys_of(1, 4);
  BOOST_TEST(cellard_lookup(client.space.handle(), keys.data(), 4, &match) == CELLARD_UNAVAILABLE);
  BOOST_TEST(match.ready == 0U);
  BOOST_TEST((version_in(held[3], 4) == std::optional<std::uint64_t>{1}));  // mapped still
  daemon.start();
  watcher eyes(daemon);
  eyes.until("the client is back", [&](const auto&) {
    return cellard_lookup(client.space.handle(), keys.data(), 4, &match) == CELLARD_OK;
  });
  BOOST_TEST(match.ready == 0U);  // what a kill loses is a miss
  BOOST_TEST(client.connection.server().instance != before);
  BOOST_TEST(client.connection.server().reconnects == 1U);
  BOOST_TEST(all(client.put(1, 4, 2, block), CELLARD_OK));
  BOOST_TEST(client.find(1, 4, 2) == 4U);
}

BOOST_AUTO_TEST_CASE(a_second_daemon_is_refused_and_a_stale_socket_is_replaced) {
  daemon_process daemon;
  const auto [status, text] = daemon.start_rival();
  BOOST_TEST(status == 75);
  BOOST_TEST(text.find("pid " + std::to_string(daemon.pid())) != std::string::npos, text);
  const store_client client(daemon.socket(), "model", opaque(block));  // unharmed
  BOOST_TEST(all(client.put(1, 1, 1, block), CELLARD_OK));
  daemon.kill();
  BOOST_TEST(::access(daemon.socket().c_str(), F_OK) == 0);  // stale
  daemon.start();
  const store_client next(daemon.socket(), "model", opaque(block));
  BOOST_TEST(all(next.put(1, 1, 1, block), CELLARD_OK));
  BOOST_TEST(daemon.stop() == 0);
}

BOOST_AUTO_TEST_CASE(a_drained_daemon_answers_reads_and_refuses_writes) {
  const daemon_process daemon;
  const store_client client(daemon.socket(), "model", opaque(block));
  BOOST_TEST(all(client.put(1, 2, 1, block), CELLARD_OK));
  watcher eyes(daemon);
  static_cast<void>(eyes.client().text(protocol::opcode::drain));
  eyes.until("draining", [&](const auto&) {
    return eyes.client().text(protocol::opcode::health).find("draining") != std::string::npos;
  });
  BOOST_TEST(client.find(1, 2, 1) == 2U);
  raw_client writer(daemon.socket());
  const auto space = writer.open("model", block);
  const auto id = writer.send(reserve_of(space, keys_from(9, 1)));
  const auto refused = writer.reply_to(id);
  BOOST_TEST(refused.header.status == static_cast<std::uint8_t>(core::errc::shutting_down));
  BOOST_TEST((refused.header.flags & protocol::draining) != 0);
}

}  // namespace
}  // namespace cellard::tests
