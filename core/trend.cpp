// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "core/trend.hpp"

#include <boost/math/distributions/students_t.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace cellard::core {
namespace {

constexpr double confidence_tail = 0.025;
constexpr double rounding = 1e-18;

/// Of each value and the one after it.
double neighbour_correlation(const std::vector<double>& residuals, double squares) {
  double products = 0;
  for (std::size_t i = 1; i < residuals.size(); ++i) {
    products += residuals[i - 1] * residuals[i];
  }
  return squares > 0 ? products / squares : 0;
}

}  // namespace

trend trend_of(std::span<const trend_point> points) {
  const auto count = static_cast<double>(points.size());
  trend found;
  found.points = points.size();
  found.low = -std::numeric_limits<double>::infinity();
  found.high = std::numeric_limits<double>::infinity();
  double time = 0;
  double value = 0;
  for (const auto& each : points) {
    time += each.seconds / count;
    value += each.value / count;
  }
  double spread = 0;
  double together = 0;
  double all = 0;
  for (const auto& each : points) {
    spread += (each.seconds - time) * (each.seconds - time);
    together += (each.seconds - time) * (each.value - value);
    all += (each.value - value) * (each.value - value);
  }
  if (points.size() < least_trend_points || spread <= 0) {
    return found;
  }
  found.slope = together / spread;
  std::vector<double> residuals;
  double squares = 0;
  for (const auto& each : points) {
    residuals.push_back(each.value - value - found.slope * (each.seconds - time));
    squares += residuals.back() * residuals.back();
  }
  if (squares <= rounding * all) {  // a line, up to rounding, whose residuals say nothing
    found.independent = count;
    found.low = found.high = found.slope;
    return found;
  }
  const double alike = std::clamp(neighbour_correlation(residuals, squares), 0.0, 0.99);
  found.independent = count * (1 - alike) / (1 + alike);
  if (found.independent <= 2.5) {
    return found;  // nothing is left to judge the scatter by
  }
  const double freedom = found.independent - 2;
  const boost::math::students_t distribution(freedom);
  const double error = std::sqrt(squares / freedom / spread);
  const double width =
    error * boost::math::quantile(boost::math::complement(distribution, confidence_tail));
  found.low = found.slope - width;
  found.high = found.slope + width;
  return found;
}

}  // namespace cellard::core
