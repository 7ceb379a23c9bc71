// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The history of one subject (a namespace, a tenant, all): three rings, so that the last minutes
// are fine and the last week is there at all. 227 KB, all from the start. One thread at a time.
#pragma once

#include "core/rate_ring.hpp"

#include <array>

namespace cellard::core {

class rate_series {
public:
  static constexpr double longest_seconds = 7.0 * 24 * 3600;

  void add(double from, double to, const load_change& change) {
    for (auto& ring : rings_) {
      ring.add(from, to, change);
    }
  }
  void cover(double from, double to) {
    for (auto& ring : rings_) {
      ring.cover(from, to);
    }
  }

  /// The finest ring that reaches back so far; the coarsest when none does.
  [[nodiscard]] const rate_ring& ring_for(double seconds) const {
    for (const auto& ring : rings_) {
      if (seconds <= ring.reach_seconds()) {
        return ring;
      }
    }
    return rings_.back();
  }

  [[nodiscard]] std::size_t memory_bytes() const noexcept {
    return rings_[0].memory_bytes() + rings_[1].memory_bytes() + rings_[2].memory_bytes();
  }

private:
  std::array<rate_ring, 3> rings_{rate_ring(1, 600), rate_ring(10, 720), rate_ring(300, 2016)};
};

}  // namespace cellard::core
