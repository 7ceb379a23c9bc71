// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "daemon/slow_log.hpp"

#include <fmt/format.h>

namespace cellard::daemon {

std::uint64_t slow_log::number_in_second(std::chrono::steady_clock::time_point now) {
  constexpr unsigned count_bits = 24;  // no daemon answers so many requests in a second
  const auto second = static_cast<std::uint64_t>(
    std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count());
  auto seen = in_second_.load(std::memory_order_relaxed);
  std::uint64_t next = 0;
  do {
    next = seen >> count_bits == second ? seen + 1 : (second << count_bits) + 1;
  } while (!in_second_.compare_exchange_weak(seen, next, std::memory_order_relaxed));
  return next & ((std::uint64_t{1} << count_bits) - 1);
}

std::optional<std::string> slow_log::line(const actors::slow_request& what,
                                          std::chrono::steady_clock::time_point now) {
  if (number_in_second(now) > limit_.load(std::memory_order_relaxed)) {
    left_out_.fetch_add(1, std::memory_order_relaxed);
    return std::nullopt;
  }
  auto text = fmt::format("slow request: {}", protocol::to_string(what.op));
  if (!what.space.empty()) {
    text += fmt::format(" in namespace '{}'", what.space);
  }
  if (what.keys > 0) {
    text += fmt::format(" of {} keys", what.keys);
  }
  text += fmt::format(" took {:.1f} ms; tenant {}, uid {}, pid {}",
                      std::chrono::duration<double, std::milli>(what.took).count(), what.tenant,
                      what.uid, what.pid);
  if (const auto others = left_out_.exchange(0, std::memory_order_relaxed); others > 0) {
    text += fmt::format("; {} more since the last such line", others);
  }
  return text;
}

}  // namespace cellard::daemon
