// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "bench/support/servers.hpp"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace cellard::bench {
namespace {

constexpr std::chrono::seconds patience{20};
constexpr std::size_t largest_message = 192 * 1024;

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    throw std::runtime_error(path + " is too long for a socket");
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

int bound_socket(int type, const std::string& path) {
  const int made = ::socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
  const auto address = address_of(path);
  if (::bind(made, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error("cannot bind " + path);
  }
  return made;
}

/// Connects once, or -1.
int try_connect(int type, const std::string& path) {
  const int made = ::socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
  const auto address = address_of(path);
  if (::connect(made, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    return made;
  }
  ::close(made);
  return -1;
}

void add_to(int epoll, int what) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = what;
  ::epoll_ctl(epoll, EPOLL_CTL_ADD, what, &event);
}

void echo_once(int client, std::vector<char>& buffer) {
  const auto got = ::recv(client, buffer.data(), buffer.size(), 0);
  std::uint32_t wanted = 0;
  if (got < static_cast<ssize_t>(sizeof wanted)) {
    ::close(client);
    return;
  }
  std::memcpy(&wanted, buffer.data(), sizeof wanted);
  ::send(client, buffer.data(), wanted, MSG_NOSIGNAL);
}

void serve_echo(int listener) {
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  add_to(epoll, listener);
  std::vector<char> buffer(largest_message);
  std::array<epoll_event, 32> events{};
  for (;;) {
    const int count = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < count; ++i) {
      const int which = events.at(static_cast<std::size_t>(i)).data.fd;
      if (which == listener) {
        add_to(epoll, ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
      } else {
        echo_once(which, buffer);
      }
    }
  }
}

void await_peer(peer_server& server, const std::string& name) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (server.process.running() && std::chrono::steady_clock::now() < end) {
    if (const int made = try_connect(SOCK_STREAM, server.socket()); made >= 0) {
      ::close(made);
      return;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  server.why = name + " did not start; scripts/setup --bench installs it";
}

}  // namespace

std::string daemon_program() {
  const char* given = std::getenv("CELLARD_DAEMON");
  return given != nullptr ? given : CELLARD_DAEMON_PATH;
}

daemon_server::daemon_server(int core, const std::string& capacity,
                             const std::string& more_config) {
  std::ofstream(folder_.file("cellard.toml"))
    << "[memory]\ncapacity = \"" << capacity << "\"\n[daemon]\nwatch_file = false\n"
    << "[log]\nlevel = \"warn\"\n"
    << more_config;
  const auto notify = folder_.file("notify");
  notify_ = bound_socket(SOCK_DGRAM, notify);
  process_ = child::execute(
    {daemon_program(), "--socket", socket(), "--config", folder_.file("cellard.toml")}, core,
    folder_.file("log"), {"NOTIFY_SOCKET=" + notify});
  wait_ready();
}

daemon_server::~daemon_server() {
  ::close(notify_);
}

void daemon_server::wait_ready() const {
  const auto end = std::chrono::steady_clock::now() + patience;
  std::array<char, 256> text{};
  while (process_.running() && std::chrono::steady_clock::now() < end) {
    pollfd entry{notify_, POLLIN, 0};
    if (::poll(&entry, 1, 100) != 1) {
      continue;
    }
    const auto got = ::recv(notify_, text.data(), text.size(), 0);
    if (got > 0 && std::string(text.data(), static_cast<std::size_t>(got)).starts_with("READY=1")) {
      return;
    }
  }
  std::ostringstream log;
  log << std::ifstream(folder_.file("log")).rdbuf();
  throw std::runtime_error(daemon_program() + " did not become ready\n" + log.str());
}

echo_server::echo_server(int core) {
  const int listener = bound_socket(SOCK_SEQPACKET, socket());
  ::listen(listener, 64);
  process_ = child::run([listener] { serve_echo(listener); }, core);
  ::close(listener);
}

echo_client::echo_client(const std::string& socket)
  : socket_(try_connect(SOCK_SEQPACKET, socket)),
    out_(largest_message),
    in_(largest_message) {
  if (socket_ < 0) {
    throw std::runtime_error("no echo server at " + socket);
  }
}

echo_client::~echo_client() {
  ::close(socket_);
}

void echo_client::round_trip(std::size_t request_bytes, std::size_t reply_bytes) {
  const auto wanted = static_cast<std::uint32_t>(reply_bytes);
  std::memcpy(out_.data(), &wanted, sizeof wanted);
  ::send(socket_, out_.data(), request_bytes, MSG_NOSIGNAL);
  if (::recv(socket_, in_.data(), in_.size(), 0) != static_cast<ssize_t>(reply_bytes)) {
    throw std::runtime_error("the echo is broken");
  }
}

void start_redis(peer_server& server, int core, std::uint64_t capacity_mib) {
  server.process =
    child::execute({"redis-server", "--port", "0", "--unixsocket", server.socket(), "--dir",
                    server.folder.file(""), "--save", "", "--appendonly", "no", "--maxmemory",
                    std::to_string(capacity_mib) + "mb", "--maxmemory-policy", "allkeys-lru"},
                   core, server.folder.file("log"));
  await_peer(server, "redis-server");
}

void start_memcached(peer_server& server, int core, std::uint64_t capacity_mib) {
  std::vector<std::string> words{
    "memcached", "-s", server.socket(), "-m", std::to_string(capacity_mib), "-I", "8m"};
  if (::geteuid() == 0) {
    words.insert(words.end(), {"-u", "root"});
  }
  if (core != any_core) {
    words.insert(words.end(), {"-t", "1"});
  }
  server.process = child::execute(words, core, server.folder.file("log"));
  await_peer(server, "memcached");
}

}  // namespace cellard::bench
