// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The memory that all sessions together use for staging, as one number. A session's area counts for
// as long as anybody holds it, a copy in progress included, and stops counting by itself: whoever
// drops the last reference gives the bytes back. Any thread.
#pragma once

#include "core/segment.hpp"

#include <atomic>
#include <cstdint>
#include <memory>

namespace cellard::core {

/// Bytes in use of something that is counted where it dies. Shared by its users.
class usage {
public:
  /// Takes `bytes` unless that would pass `limit`.
  bool take(std::uint64_t bytes, std::uint64_t limit) noexcept {
    if (bytes_.fetch_add(bytes, std::memory_order_relaxed) + bytes <= limit) {
      return true;
    }
    give(bytes);
    return false;
  }
  void give(std::uint64_t bytes) noexcept { bytes_.fetch_sub(bytes, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t bytes() const noexcept {
    return bytes_.load(std::memory_order_relaxed);
  }

private:
  std::atomic<std::uint64_t> bytes_{0};
};

/// One session's staging area. `bytes` were taken from `counted` before it was made.
class staging_area {
public:
  staging_area(std::shared_ptr<segment> memory, std::shared_ptr<usage> counted)
    : memory_(std::move(memory)),
      counted_(std::move(counted)) {}
  ~staging_area() { counted_->give(memory_->bytes()); }
  staging_area(const staging_area&) = delete;
  staging_area& operator=(const staging_area&) = delete;

  [[nodiscard]] const segment& memory() const noexcept { return *memory_; }
  [[nodiscard]] segment& memory() noexcept { return *memory_; }

  /// True when [offset, offset + length) lies inside.
  [[nodiscard]] bool holds(std::uint64_t offset, std::uint64_t length) const noexcept {
    return length <= memory_->bytes() && offset <= memory_->bytes() - length;
  }

private:
  std::shared_ptr<segment> memory_;
  std::shared_ptr<usage> counted_;
};

using staging_ptr = std::shared_ptr<staging_area>;

}  // namespace cellard::core
