// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The page of numbers under attack: thousands of connections that say half a request or nothing,
// while Prometheus asks and clients store. Neither notices, and nothing is left behind.
#include "tests/support/keys.hpp"
#include "tests/support/printing.hpp"
#include "tests/support/store_client.hpp"
#include "tests/support/watcher.hpp"

#include <boost/test/unit_test.hpp>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <deque>
#include <string>

namespace cellard::tests {
namespace {

constexpr std::size_t most_held = 500;  // of this process's own descriptors
constexpr int connections = 10'000;

/// A TCP socket to the page; closed by its destructor.
class visitor {
public:
  explicit visitor(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval limit{patience.count(), 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      throw std::runtime_error("cannot connect to the page");
    }
  }
  ~visitor() { ::close(socket_); }
  visitor(const visitor&) = delete;
  visitor& operator=(const visitor&) = delete;

  void say(const std::string& text) const {
    static_cast<void>(::send(socket_, text.data(), text.size(), MSG_NOSIGNAL));
  }

  [[nodiscard]] std::string hear() const {
    std::string all;
    std::array<char, 4096> piece{};
    for (;;) {
      const auto got = ::recv(socket_, piece.data(), piece.size(), 0);
      if (got < 0 && errno == EAGAIN) {
        throw std::runtime_error("the page does not end the connection");
      }
      if (got <= 0) {
        return all;
      }
      all.append(piece.data(), static_cast<std::size_t>(got));
    }
  }

private:
  int socket_;
};

std::uint16_t port_of(const daemon_process& daemon) {
  const auto log = daemon.log();
  const std::string before = "http://127.0.0.1:";
  return static_cast<std::uint16_t>(std::stoi(log.substr(log.find(before) + before.size())));
}

std::string page(std::uint16_t port) {
  const visitor prometheus(port);
  prometheus.say("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
  return prometheus.hear();
}

BOOST_AUTO_TEST_CASE(ten_thousand_connections_keep_nobody_out) {
  daemon_process daemon(
    {.config = "[metrics]\nlisten = \"127.0.0.1:0\"\nconnections = 4\n" + memory_of("64 MiB")});
  const auto port = port_of(daemon);
  const watcher eyes(daemon);
  const store_client client(daemon.socket(), "model", opaque(4096));
  BOOST_TEST(client.put(connections, 1, 1, 4096).front() == CELLARD_OK);  // has its segment now
  const auto before = daemon.descriptors();
  std::deque<visitor> held;
  for (int i = 0; i < connections; ++i) {
    held.emplace_back(port);
    if (i % 3 != 0) {
      held.back().say(i % 3 == 1 ? "GET /metr" : "\x16\x03\x01\r\n\r\n");
    }
    if (held.size() > most_held) {
      held.pop_front();
    }
    if (i % 1000 == 999) {
      BOOST_TEST(page(port).starts_with("HTTP/1.1 200 OK\r\n"));
      BOOST_TEST(client.put(static_cast<std::uint64_t>(i), 1, 1, 4096).front() == CELLARD_OK);
      BOOST_TEST(daemon.descriptors() <= before + 4 + 1);  // the one that is being accepted
    }
  }
  held.clear();
  BOOST_TEST(page(port).find("cellard_blocks_stored_total{namespace=\"model\"")
             != std::string::npos);
  BOOST_TEST(daemon.stop() == 0);
}

BOOST_AUTO_TEST_CASE(a_stop_does_not_wait_for_who_is_connected) {
  daemon_process daemon({.config = "[daemon]\nshutdown_deadline = \"5 min\"\n[metrics]\n"
                                   "listen = \"127.0.0.1:0\"\nrequest_time = \"1 min\"\n"
                                   + memory_of("64 MiB")});
  const visitor slow(port_of(daemon));
  slow.say("GET /metrics HTTP/1.1\r\n");
  BOOST_TEST(daemon.stop() == 0);
  BOOST_TEST(slow.hear() == "");
}

}  // namespace
}  // namespace cellard::tests
