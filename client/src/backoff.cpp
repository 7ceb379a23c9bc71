// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "client/src/backoff.hpp"

#include <algorithm>

namespace cellard::library {

std::uint64_t backoff::seed_of(const void* object) noexcept {
  const auto now = std::chrono::steady_clock::now().time_since_epoch().count();
  return reinterpret_cast<std::uintptr_t>(object) ^ static_cast<std::uint64_t>(now);
}

void backoff::failed(time_point now) noexcept {
  // xorshift64: good enough to spread clients, and without state outside of this object.
  random_ ^= random_ << 13;
  random_ ^= random_ >> 7;
  random_ ^= random_ << 17;
  const auto whole = std::chrono::duration_cast<std::chrono::microseconds>(pause_);
  const std::chrono::microseconds less{
    static_cast<std::int64_t>(random_ % static_cast<std::uint64_t>(whole.count() / 4))};
  next_ = now + whole - less;
  pause_ = std::min(pause_ * 2, longest_pause);
}

void backoff::succeeded() noexcept {
  pause_ = first_pause;
  next_ = {};
}

}  // namespace cellard::library
