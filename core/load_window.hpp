// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The last so many seconds of a subject's history: slots of equal length, oldest first, and their
// sum. What people ask of it: averages, and points for a trend or a plot. Values, any thread.
#pragma once

#include "core/history.hpp"
#include "core/trend.hpp"

#include <vector>

namespace cellard::core {

struct load_window {
  double step = 0;               ///< seconds of a slot
  double begins = 0;             ///< of the first slot, in the history's seconds
  std::vector<load_sums> slots;  ///< some may be of no second
  load_sums total;
};

/// At most `most_slots`, neighbours of the ring taken together as needed; the newest may be under
/// way. @pre most_slots > 0
load_window look_back(const history_subject& of, double now, double seconds,
                      std::size_t most_slots);

/// By block and by token; 0 when nothing was asked.
double hit_ratio(const load_sums& of);
double token_hit_ratio(const load_sums& of);

/// One point for each slot that has at least half of its seconds, begins no earlier than
/// `not_before`, and has a value: a ratio of nothing is none.
template <class Value, class Has>
std::vector<trend_point> points_of(const load_window& of, double not_before, Value value, Has has) {
  std::vector<trend_point> points;
  for (std::size_t i = 0; i < of.slots.size(); ++i) {
    const double begins = of.begins + static_cast<double>(i) * of.step;
    const load_sums& slot = of.slots[i];
    if (begins >= not_before && double{slot.seconds} >= of.step / 2 && has(slot)) {
      points.push_back({begins + of.step / 2, value(slot)});
    }
  }
  return points;
}

}  // namespace cellard::core
