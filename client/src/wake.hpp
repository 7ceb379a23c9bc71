// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The descriptor of the asynchronous form: an epoll over the connection's socket, a timer and an
// event, readable while one of them is. Never read, only polled. Not thread-safe.
//
// A forked child shares the epoll set with its parent, so there it is closed and nothing else.
#pragma once

#include "client/src/deadline.hpp"
#include "client/src/descriptor.hpp"
#include "core/result.hpp"

#include <optional>

namespace cellard::library {

class wake {
public:
  /// errc::out_of_descriptors or errc::io_error.
  static core::result<wake> make();

  [[nodiscard]] int number() const noexcept { return epoll_.get(); }

  /// Watches this socket, for room to send too when `full`.
  core::result<core::ok_t> watch(int socket, bool full);

  /// Before the socket is closed: a child that holds a copy would keep it in the set.
  void forget(int socket) noexcept;

  /// Readable until it is told otherwise.
  void set_ready(bool ready) noexcept;

  /// Readable from the first of these moments on. Called before the descriptor is waited for, and
  /// sets the timer only if it would be late, or has gone off.
  void wake_at(std::optional<deadline::clock::time_point> moment) noexcept;

  /// For a child: gives up this process's copies.
  void close() noexcept;

private:
  wake() = default;
  core::result<core::ok_t> add(const descriptor& source);

  descriptor epoll_;
  descriptor timer_;
  descriptor event_;
  bool ready_ = false;
  bool watching_full_ = false;
  int watched_ = -1;
  std::optional<deadline::clock::time_point> set_for_;
};

}  // namespace cellard::library
