// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// When to try the next connection: 10 ms after the first failure, doubling up to 5 s, each pause
// shortened by up to a quarter at random, so that the clients of a daemon that comes back do not
// arrive together. Time is an argument: no clock inside.
#pragma once

#include <chrono>
#include <cstdint>

namespace cellard::library {

class backoff {
public:
  using time_point = std::chrono::steady_clock::time_point;

  static constexpr std::chrono::milliseconds first_pause{10};
  static constexpr std::chrono::milliseconds longest_pause{5000};

  /// A seed for the backoff of this object, in this process.
  static std::uint64_t seed_of(const void* object) noexcept;

  explicit backoff(std::uint64_t seed) noexcept : random_(seed | 1) {}

  /// True when an attempt is due.
  [[nodiscard]] bool due(time_point now) const noexcept { return now >= next_; }
  [[nodiscard]] time_point next() const noexcept { return next_; }

  /// An attempt failed, or the peer stopped to answer.
  void failed(time_point now) noexcept;

  /// A request was answered: the next loss is tried again at once.
  void succeeded() noexcept;

private:
  std::uint64_t random_;
  std::chrono::milliseconds pause_ = first_pause;
  time_point next_{};
};

}  // namespace cellard::library
