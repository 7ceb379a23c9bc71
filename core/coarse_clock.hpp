// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// steady_clock's time as of the kernel's last tick: up to ten milliseconds old, and without the
// reading of the counter that is most of the price, of which a request would need several. For what
// counts in seconds: how long a client was silent, when a block was used, whether a request was
// slow.
#pragma once

#include <chrono>
#include <ctime>

namespace cellard::core {

/// @return a time_point of steady_clock, which is CLOCK_MONOTONIC in libstdc++. Any thread
inline std::chrono::steady_clock::time_point coarse_now() noexcept {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
  return std::chrono::steady_clock::time_point(std::chrono::seconds(time.tv_sec)
                                               + std::chrono::nanoseconds(time.tv_nsec));
}

}  // namespace cellard::core
