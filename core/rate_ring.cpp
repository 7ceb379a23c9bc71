// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "core/rate_ring.hpp"

#include <algorithm>
#include <cmath>

namespace cellard::core {
namespace {

std::int64_t slot_of(double when, double step) {
  return static_cast<std::int64_t>(std::floor(when / step));
}

}  // namespace

void load_sums::add(const load_sums& more) {
  for (std::size_t i = 0; i < load_numbers; ++i) {
    sums[i] += more.sums[i];
  }
  seconds += more.seconds;
}

/// Empties what is overwritten on the way to the slot of `to`.
void rate_ring::advance(double to) {
  const auto size = static_cast<std::int64_t>(slots_.size());
  const auto wanted = slot_of(to, step_);
  for (auto number = std::max(newest_ + 1, wanted - size + 1); number <= wanted; ++number) {
    slots_[static_cast<std::size_t>(number % size)] = {};
  }
  newest_ = std::max(newest_, wanted);
}

/// Calls `each` with every slot of [from, to) that the ring has, and the share of the time in it.
template <class Visit>
void rate_ring::visit(double from, double to, Visit&& each) {
  advance(to);
  const auto size = static_cast<std::int64_t>(slots_.size());
  const auto first = std::max(slot_of(from, step_), newest_ - size + 1);
  for (auto number = first; number <= slot_of(to, step_); ++number) {
    const double begins = static_cast<double>(number) * step_;
    const double inside = std::min(to, begins + step_) - std::max(from, begins);
    if (inside > 0) {
      each(slots_[static_cast<std::size_t>(number % size)], inside / (to - from));
    }
  }
}

void rate_ring::add(double from, double to, const load_change& change) {
  visit(from, to, [&](load_sums& slot, double share) {
    for (std::size_t i = 0; i < load_numbers; ++i) {
      slot.sums[i] += static_cast<float>(change[i] * share);
    }
  });
}

void rate_ring::cover(double from, double to) {
  visit(from, to, [&](load_sums& slot, double share) {
    slot.seconds += static_cast<float>((to - from) * share);
  });
}

rate_ring::piece rate_ring::between(double from, double to) const {
  const auto size = static_cast<std::int64_t>(slots_.size());
  const auto first = std::max({slot_of(from, step_), newest_ - size + 1, std::int64_t{0}});
  const auto last = std::min(slot_of(to, step_), newest_);
  piece found;
  found.begins = static_cast<double>(first) * step_;
  for (auto number = first; number <= last; ++number) {
    found.slots.push_back(slots_[static_cast<std::size_t>(number % size)]);
  }
  return found;
}

}  // namespace cellard::core
