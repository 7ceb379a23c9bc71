// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The servers that are measured: the daemon, the raw echo that shows what a round trip costs at
// least, and the peers. Each is a child process with a socket in a directory of its own.
#pragma once

#include "bench/support/processes.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cellard::bench {

/// The daemon's path: $CELLARD_DAEMON, else where this build put it.
std::string daemon_program();

/// cellard itself; the constructor returns when it said READY=1.
class daemon_server {
public:
  explicit daemon_server(int core, const std::string& capacity = "8 GiB",
                         const std::string& more_config = {});
  ~daemon_server();
  daemon_server(const daemon_server&) = delete;
  daemon_server& operator=(const daemon_server&) = delete;

  [[nodiscard]] std::string socket() const { return folder_.file("cellard.sock"); }
  [[nodiscard]] pid_t pid() const noexcept { return process_.pid(); }

private:
  void wait_ready() const;

  temporary_folder folder_;
  int notify_ = -1;
  child process_;
};

/// One thread, epoll, SOCK_SEQPACKET: reads a message whose first four bytes say how long the
/// answer is, and sends that.
class echo_server {
public:
  explicit echo_server(int core);
  [[nodiscard]] std::string socket() const { return folder_.file("echo.sock"); }

private:
  temporary_folder folder_;
  child process_;
};

class echo_client {
public:
  explicit echo_client(const std::string& socket);
  ~echo_client();
  echo_client(const echo_client&) = delete;
  echo_client& operator=(const echo_client&) = delete;

  void round_trip(std::size_t request_bytes, std::size_t reply_bytes);

private:
  int socket_ = -1;
  std::vector<char> out_;
  std::vector<char> in_;
};

/// Redis or memcached, without persistence. `why` says why there is none.
struct peer_server {
  temporary_folder folder;
  child process;
  std::string why;
  [[nodiscard]] std::string socket() const { return folder.file("peer.sock"); }
  [[nodiscard]] bool there() const { return why.empty(); }
};

void start_redis(peer_server& server, int core, std::uint64_t capacity_mib);
void start_memcached(peer_server& server, int core, std::uint64_t capacity_mib);

}  // namespace cellard::bench
