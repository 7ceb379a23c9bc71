// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Accepts clients, asks the kernel who they are, and gives each a connection on the next thread and
// a session. Accepting, and the count of clients, are on thread 0 of the pool.
#pragma once

#include "actors/session.hpp"
#include "daemon/connection.hpp"
#include "daemon/io_pool.hpp"
#include "daemon/listener.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

namespace cellard::daemon {

class server : public std::enable_shared_from_this<server> {
public:
  /// `common` is what all sessions share; who and sink are filled in for each.
  server(caf::actor_system& system, io_pool& pool, std::vector<listener> listeners,
         actors::session_setup common);

  /// Begins to accept. Any thread.
  void start();

  /// Accepts no more and ends all connections; the sessions end by themselves after that. Any
  /// thread; returns when it is done.
  void stop();

  /// New limits for clients to come. Any thread.
  void apply(config::snapshot fresh);

private:
  struct door {
    door(io_thread& home, listener opened) : what(std::move(opened)), waiter(home.context()) {
      waiter.assign(what.descriptor());
    }
    ~door() { waiter.release(); }
    listener what;
    boost::asio::posix::stream_descriptor waiter;
  };

  void wait(door& at);
  void accept_some(door& at);
  void admit(door& at, int socket);
  [[nodiscard]] actors::session_description describe(const door& at, int socket) const;
  [[nodiscard]] bool has_room(std::uint32_t uid);
  void left(std::uint32_t uid);

  caf::actor_system& system_;
  io_pool& pool_;
  actors::session_setup common_;
  std::vector<std::unique_ptr<door>> doors_;
  std::unordered_map<actors::session_id, std::weak_ptr<connection>> connections_;
  std::unordered_map<std::uint32_t, std::uint32_t> per_user_;
  std::uint32_t clients_ = 0;
  actors::session_id next_id_ = 1;
  int spare_ =
    -1;  ///< given up for a moment when no descriptor is left, so that a client can be turned away
  bool stopped_ = false;
};

}  // namespace cellard::daemon
