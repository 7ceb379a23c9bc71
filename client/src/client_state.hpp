// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// A client: what outlives connections. It owns the mutex by which calls on one client are served
// one after the other (the only lock of the library, docs/adr), the connection while there is one,
// and the pause before the next attempt. There is no thread: a lost connection is made anew by the
// next call that is due.
//
// A call enters, which yields a `session`: the locked client with a live connection. Whoever holds
// a session may use the connection; when the session ends, a connection that was lost is dropped.
#pragma once

#include "client/src/backoff.hpp"
#include "client/src/connection.hpp"
#include "client/src/endpoint.hpp"
#include "client/src/lease_home.hpp"

#include <atomic>
#include <memory>
#include <mutex>

namespace cellard::library {

class client_state;
struct space_state;

class session {
public:
  session(client_state& owner, std::unique_lock<std::timed_mutex> lock) noexcept
    : owner_(&owner),
      lock_(std::move(lock)) {}
  session(session&& other) noexcept
    : owner_(std::exchange(other.owner_, nullptr)),
      lock_(std::move(other.lock_)) {}
  session(const session&) = delete;
  session& operator=(const session&) = delete;
  session& operator=(session&&) = delete;
  ~session();

  connection& operator*() const noexcept;
  connection* operator->() const noexcept { return &**this; }

private:
  client_state* owner_;
  std::unique_lock<std::timed_mutex> lock_;
};

/// Counters and facts for cellard_server.
struct client_facts {
  bool connected = false;
  protocol::hello_reply server;
  std::uint64_t reconnects = 0;
  std::uint64_t leases_lost = 0;
};

class client_state final : public lease_home {
public:
  client_state(endpoint where, bool lazy);

  /// Locks, and connects if that is needed and due. errc::forked, not_open (closed), timed_out
  /// (another thread's call lasts), unavailable, or what hello met.
  core::result<session> enter(const deadline& until);

  /// The same, with `space` open on the connection.
  core::result<session> enter(const space_state& space, const deadline& until);

  /// The same without connecting: errc::unavailable when there is no connection.
  core::result<session> enter_connected(const deadline& until);

  /// errc::forked in a child of the process that connected, errc::not_open after close.
  [[nodiscard]] core::result<core::ok_t> usable() const;

  /// Ends the connection; waits for a call in flight. In a child: only closes its copy of the
  /// socket.
  void close();

  /// Puts a lease into the queue of those that go back; sends them when many wait and nobody uses
  /// the client.
  void give_back(std::unique_ptr<lease_node> node) noexcept override;

  core::result<client_facts> facts(const deadline& until);

  [[nodiscard]] deadline start() const { return deadline{where_.deadline}; }
  [[nodiscard]] const endpoint& where() const noexcept { return where_; }
  [[nodiscard]] bool disabled() const noexcept { return where_.disabled; }
  [[nodiscard]] bool lazy() const noexcept { return lazy_; }
  [[nodiscard]] std::uint64_t next_space() noexcept { return ++spaces_; }

private:
  friend class session;

  core::result<std::unique_lock<std::timed_mutex>> lock(const deadline& until);
  core::result<core::ok_t> connect(const deadline& until);
  void settle() noexcept;

  const endpoint where_;
  const bool lazy_;
  std::atomic<bool> closed_{false};
  std::atomic<std::uint64_t> spaces_{0};

  std::timed_mutex mutex_;  ///< guards what follows
  std::unique_ptr<connection> connection_;
  backoff backoff_;
  std::uint64_t epoch_ = 0;
  std::uint64_t leases_lost_ = 0;  ///< on earlier connections
};

}  // namespace cellard::library
