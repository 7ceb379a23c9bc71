// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Contestants that take turns: on a shared machine only what ran in the same minute can be
// compared.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace cellard::bench {

using clock = std::chrono::steady_clock;

inline double median(std::vector<double> values) {
  if (values.empty()) {
    return 0;
  }
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

inline double microseconds_since(clock::time_point begin) {
  return std::chrono::duration<double, std::micro>(clock::now() - begin).count();
}

struct contestant {
  std::string name;
  std::function<void()> call;
  std::vector<double> microseconds = {};

  [[nodiscard]] double p50() const { return median(microseconds); }
};

/// Calls each contestant `batch` times, then the next, for so many rounds or so long.
inline void take_turns(std::vector<contestant>& all, std::size_t rounds, std::size_t batch,
                       std::chrono::milliseconds at_most) {
  const auto end = clock::now() + at_most;
  for (std::size_t round = 0; round < rounds && (round < 3 || clock::now() < end); ++round) {
    for (std::size_t turn = 0; turn < all.size(); ++turn) {
      contestant& each = all[(round + turn) % all.size()];
      for (std::size_t i = 0; i < batch; ++i) {
        const auto begin = clock::now();
        each.call();
        each.microseconds.push_back(microseconds_since(begin));
      }
    }
  }
}

}  // namespace cellard::bench
