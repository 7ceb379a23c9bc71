// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Many processes that do the same at once, for rates. Each is a child that prepares itself, waits
// for the others, and then works until it is told to stop.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace cellard::bench {

/// One step of work; returns what it counts for (requests, bytes).
using step = std::function<std::uint64_t()>;

/// Memory that children share with this process; zeros at first.
class shared_counters {
public:
  explicit shared_counters(std::size_t count);
  ~shared_counters();
  shared_counters(const shared_counters&) = delete;
  shared_counters& operator=(const shared_counters&) = delete;

  // Each number has a cache line of its own.
  void add(std::size_t index, std::uint64_t amount) const;
  [[nodiscard]] std::uint64_t load(std::size_t index) const;
  void store(std::size_t index, std::uint64_t value) const;

private:
  std::size_t count_;
  std::byte* memory_;
};

/// What all processes together did in a second. `prepare` runs in the child.
double rate_of(std::size_t processes, std::chrono::milliseconds time,
               const std::function<step(std::size_t)>& prepare);

}  // namespace cellard::bench
