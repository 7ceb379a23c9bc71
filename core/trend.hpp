// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Does a number change, or does it only scatter? The least-squares slope of points over time, with
// its 95 % interval. Neighbouring points of a load are alike, which makes them worth less than as
// many independent ones: their number is reduced by the correlation of neighbouring residuals
// (docs/adr/0023). Pure function, any thread.
#pragma once

#include <cstddef>
#include <span>

namespace cellard::core {

struct trend_point {
  double seconds = 0;
  double value = 0;
};

struct trend {
  std::size_t points = 0;
  double independent = 0;  ///< points that these are worth
  double slope = 0;        ///< a second
  double low = 0;          ///< of the slope, with 95 % confidence
  double high = 0;

  /// False when a slope of zero would explain the points as well, or there are too few.
  [[nodiscard]] bool is_one() const noexcept { return low > 0 || high < 0; }
};

/// Fewer say nothing.
inline constexpr std::size_t least_trend_points = 8;

/// @pre points are in the order of time
trend trend_of(std::span<const trend_point> points);

}  // namespace cellard::core
