// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// What the whole daemon counts beside its namespaces. Several sessions write on several threads, so
// these are plain atomic additions; they are few a request and never waited for.
#pragma once

#include <atomic>
#include <cstdint>

namespace cellard::core {

struct server_counters {
  std::atomic<std::uint64_t> sessions_opened{0};
  std::atomic<std::uint64_t> sessions{0};          ///< gauge
  std::atomic<std::uint64_t> sessions_refused{0};  ///< over limits.sessions
  std::atomic<std::uint64_t> requests{0};
  std::atomic<std::uint64_t> bad_requests{
    0};  ///< malformed or refused before they reached a namespace
  std::atomic<std::uint64_t> timed_out{0};
  std::atomic<std::uint64_t> slow_readers{0};  ///< sessions that were cut off at limits.out_bytes
  std::atomic<std::uint64_t> leases_revoked{0};
  std::atomic<std::uint64_t> copy_queue_bytes{0};  ///< gauge: handed to copy workers and not done
  std::atomic<std::uint64_t> slow_requests{0};     ///< answered later than daemon.slow_request
  std::atomic<bool> draining{false};               ///< puts are refused, the daemon is about to end
};

}  // namespace cellard::core
