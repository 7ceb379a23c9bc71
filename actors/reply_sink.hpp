// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// A client's socket as actors see it: whoever serves a request answers it here, the session or the
// shard that did the work, so that no answer is a message first (docs/adr/0010).
// daemon/connection.hpp implements it over Asio; tests implement it over a vector.
//
// Threads: everything from any.
#pragma once

#include "core/server_counters.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

namespace cellard::actors {

struct route;
struct slow_request;

class reply_sink {
public:
  explicit reply_sink(std::shared_ptr<core::server_counters> counters)
    : counters_(std::move(counters)) {}
  reply_sink(const reply_sink&) = delete;
  reply_sink& operator=(const reply_sink&) = delete;
  virtual ~reply_sink() = default;

  /// Sends one frame, with descriptors if there are any; `keep` holds the owner of these until they
  /// are sent. What the socket does not take now is kept, and sent before anything that comes
  /// later; beyond limits.out_bytes the client is cut off.
  virtual void send(std::span<const std::byte> frame, std::span<const int> descriptors,
                    std::shared_ptr<const void> keep) = 0;

  /// A request has been answered, so that another may be read.
  virtual void done() = 0;

  /// The session gets a tick at that time, or before.
  virtual void wake_at(std::chrono::steady_clock::time_point when) = 0;

  /// An answer came later than slow_after: passed to the session, which knows the rest.
  virtual void slow(slow_request what) = 0;

  /// Ends the connection. The socket is closed when its last user lets go.
  virtual void shut_down() = 0;

  /// From now on requests about this handle may go straight to its shard; or no more, when the
  /// route has ended. The connection itself ends it when it reads a close.
  virtual void set_route(std::uint32_t handle, std::shared_ptr<const route> way) = 0;

  [[nodiscard]] core::server_counters& counters() const noexcept { return *counters_; }

  /// When the last request came, by the coarse clock.
  std::atomic<std::chrono::steady_clock::time_point> last_active{};

  /// A get went out since the session's leases were last taken.
  std::atomic<bool> may_hold_leases = false;

  /// The session's leases were taken; the next reply says so.
  std::atomic<bool> leases_lost = false;

  /// daemon.slow_request, kept up to date by the session.
  std::atomic<std::chrono::steady_clock::duration> slow_after =
    std::chrono::steady_clock::duration::max();

private:
  std::shared_ptr<core::server_counters> counters_;
};

}  // namespace cellard::actors
