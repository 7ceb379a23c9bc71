// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Slow requests as lines of the log. A daemon that is slow answers thousands of requests slowly,
// and lines would make it slower still: at most log.slow_requests a second are written, and the
// next line counts the others.
//
// Threads: any; without a lock.
#pragma once

#include "actors/slow_request.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace cellard::daemon {

class slow_log {
public:
  explicit slow_log(std::uint32_t lines_a_second) : limit_(lines_a_second) {}

  void limit(std::uint32_t lines_a_second) {
    limit_.store(lines_a_second, std::memory_order_relaxed);
  }

  /// The line to write, or nothing when this second has had its lines.
  std::optional<std::string> line(const actors::slow_request& what,
                                  std::chrono::steady_clock::time_point now);

private:
  std::uint64_t number_in_second(std::chrono::steady_clock::time_point now);

  std::atomic<std::uint32_t> limit_;
  std::atomic<std::uint64_t> in_second_{0};  // the second, and requests in it in the low 24 bits
  std::atomic<std::uint64_t> left_out_{0};
};

}  // namespace cellard::daemon
