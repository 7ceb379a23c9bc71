// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The moment at which a call has to end, on CLOCK_MONOTONIC (libstdc++'s steady_clock). Reading the
// clock costs as much as anything else that the library does for a small request, so a deadline
// remembers the reading it was made by, and whoever may have waited since says so (`waited`). Used
// by the thread of its call alone.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <ctime>

namespace cellard::library {

class deadline {
public:
  using clock = std::chrono::steady_clock;

  explicit deadline(std::chrono::milliseconds from_now)
    : seen_(clock::now()),
      at_(seen_ + from_now) {}

  /// The call has waited for something: the next question reads the clock.
  void waited() const noexcept { stale_ = true; }

  [[nodiscard]] clock::time_point at() const noexcept { return at_; }

  /// A time at or shortly before the present.
  [[nodiscard]] clock::time_point now() const noexcept {
    if (stale_) {
      seen_ = clock::now();
      stale_ = false;
    }
    return seen_;
  }

  [[nodiscard]] bool passed() const noexcept { return now() >= at_; }

  /// Never negative.
  [[nodiscard]] std::chrono::nanoseconds left() const noexcept {
    return std::max(std::chrono::nanoseconds{0}, std::chrono::nanoseconds{at_ - now()});
  }

  [[nodiscard]] timespec left_as_timespec() const noexcept {
    const auto rest = left().count();
    return {static_cast<time_t>(rest / 1'000'000'000), static_cast<long>(rest % 1'000'000'000)};
  }

  /// What the daemon is told: 7/8 of what is left, so that its own "timed out" still arrives in
  /// time. At least 1.
  [[nodiscard]] std::uint32_t for_daemon_us() const noexcept {
    const auto us = left().count() / 1000;
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(us - us / 8, 1, UINT32_MAX));
  }

private:
  mutable clock::time_point seen_;
  clock::time_point at_;
  mutable bool stale_ = false;
};

}  // namespace cellard::library
