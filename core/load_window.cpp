// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "core/load_window.hpp"

#include <algorithm>
#include <cmath>

namespace cellard::core {
namespace {

double share(float part, float whole) {
  return whole > 0 ? double{part} / double{whole} : 0;
}

}  // namespace

load_window look_back(const history_subject& of, double now, double seconds,
                      std::size_t most_slots) {
  const rate_ring& ring = of.series.ring_for(seconds);
  const double from = std::max(0.0, now - seconds);
  // The slot in which `from` lies began earlier: what lies before the window is left out, unless
  // the window is shorter than a slot.
  const double whole = std::ceil(from / ring.slot_seconds()) * ring.slot_seconds();
  const auto piece = ring.between(whole < now ? whole : from, now);
  const auto together =
    std::max<std::size_t>(1, (piece.slots.size() + most_slots - 1) / most_slots);
  load_window found;
  found.step = ring.slot_seconds() * static_cast<double>(together);
  found.begins = piece.begins;
  for (std::size_t i = 0; i < piece.slots.size(); ++i) {
    if (i % together == 0) {
      found.slots.emplace_back();
    }
    found.slots.back().add(piece.slots[i]);
    found.total.add(piece.slots[i]);
  }
  return found;
}

double hit_ratio(const load_sums& of) {
  return share(of.sums[at(load_number::blocks_hit)], of.sums[at(load_number::blocks_asked)]);
}

double token_hit_ratio(const load_sums& of) {
  return share(of.sums[at(load_number::tokens_hit)], of.sums[at(load_number::tokens_asked)]);
}

}  // namespace cellard::core
