// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// What happened in one namespace since it was opened. Written by its shard alone, read by the
// statistics at any time: relaxed single-writer atomics, so counting costs an addition and no
// message (decisions J1). Gauges (bytes, leases) are stored by the shard after each request that
// changes them.
#pragma once

#include <atomic>
#include <cstdint>

namespace cellard::core {

/// A number with one writer.
class counter {
public:
  void add(std::uint64_t count = 1) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + count, std::memory_order_relaxed);
  }
  void set(std::uint64_t value) noexcept { value_.store(value, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t get() const noexcept {
    return value_.load(std::memory_order_relaxed);
  }

private:
  std::atomic<std::uint64_t> value_{0};
};

struct alignas(64) shard_counters {
  counter lookups;       ///< lookup and get requests
  counter blocks_asked;  ///< keys in get requests
  counter blocks_hit;    ///< of these, found and readable
  counter puts;          ///< blocks committed
  counter put_bytes;
  counter puts_present;  ///< reserve or put of a key that was there: bytes that needed no storing
  counter puts_pending;
  counter puts_no_parent;
  counter puts_busy;
  counter evicted;
  counter evicted_bytes;
  counter removed;
  counter expired;  ///< reservations and parts that were never completed, and blocks past their age
  counter corrupt;
  counter recoded;  ///< blocks whose bytes were encoded after their commit
  counter recoded_bytes_won;
  counter lowered;          ///< of the recoded ones, those that a ladder asked for
  counter recodes_dropped;  ///< encoded in vain: no room, nothing won, or the block went meanwhile
  counter served_bytes;     ///< bytes handed out by get

  counter blocks;  ///< gauges from here on
  counter leases;
  counter pins;
  counter reservations;
  counter deferred_slots;
  counter granted_bytes;
  counter populated_bytes;
  counter used_bytes;
  counter payload_bytes;
  counter index_bytes;
};

}  // namespace cellard::core
