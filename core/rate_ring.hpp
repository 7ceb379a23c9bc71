// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// What a load did, in slots of one length, the newest so many of them. A slot has sums and the
// seconds that they are of; a gauge's sum is value x seconds, so that every number's average is its
// sum by the seconds. Time is seconds since its owner began, and is given, never read.
//
// Owns its slots, all from the start: 68 bytes each. One thread at a time.
#pragma once

#include "core/load_number.hpp"

#include <cstdint>
#include <vector>

namespace cellard::core {

/// Sums over some time; by load_number.
struct load_sums {
  std::array<float, load_numbers> sums{};
  float seconds = 0;  ///< that were looked at

  /// A second, or the gauge's average; 0 when nobody looked.
  [[nodiscard]] double average(load_number which) const {
    return seconds > 0 ? double{sums[at(which)]} / double{seconds} : 0;
  }
  void add(const load_sums& more);
};

/// How a load changed, by load_number; a gauge: value x seconds.
using load_change = std::array<double, load_numbers>;

class rate_ring {
public:
  rate_ring(double slot_seconds, std::size_t slots) : step_(slot_seconds), slots_(slots) {}

  /// Spreads `change` evenly over [from, to), as far as the ring reaches back.
  /// @pre 0 <= from < to
  void add(double from, double to, const load_change& change);
  /// Somebody looked during [from, to). Once for any number of `add`.
  void cover(double from, double to);

  /// The slots that have some of [from, to), oldest first, the one under way included; `begins` is
  /// of the first one. Slots from before the ring began are empty.
  struct piece {
    double begins = 0;
    std::vector<load_sums> slots;
  };
  [[nodiscard]] piece between(double from, double to) const;

  [[nodiscard]] double slot_seconds() const noexcept { return step_; }
  [[nodiscard]] double reach_seconds() const noexcept {
    return step_ * static_cast<double>(slots_.size());
  }
  [[nodiscard]] std::size_t memory_bytes() const noexcept {
    return slots_.capacity() * sizeof(load_sums);
  }

private:
  void advance(double to);
  template <class Visit>
  void visit(double from, double to, Visit&& each);

  double step_;
  std::vector<load_sums> slots_;
  std::int64_t newest_ = 0;  ///< number of the newest slot; it is at newest_ % slots
};

}  // namespace cellard::core
