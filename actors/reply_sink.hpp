// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The socket as a session sees it. daemon/connection.hpp implements it over Asio; tests implement
// it over a vector. All functions are called by the session's turns only, on whatever I/O thread
// these run.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>

namespace cellard::actors {

class reply_sink {
public:
  virtual ~reply_sink() = default;

  /// Sends one frame, with descriptors if there are any; `keep` holds the owner of these until they
  /// are sent. What the socket does not take now is kept and sent after `writable`; beyond
  /// limits.out_bytes the client is cut off.
  virtual void send(std::span<const std::byte> frame, std::span<const int> descriptors,
                    std::shared_ptr<const void> keep) = 0;

  /// A request has been answered, so that another may be read.
  virtual void done() = 0;

  /// The socket takes bytes again.
  virtual void flush() = 0;

  /// The session gets a tick at that time, or before.
  virtual void wake_at(std::chrono::steady_clock::time_point when) = 0;

  /// Ends the connection. The socket is closed when its last user lets go.
  virtual void shut_down() = 0;
};

}  // namespace cellard::actors
