// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "gpu/host/xtc_tables.hpp"

#include "gpu/host/rans.hpp"

#include <algorithm>
#include <cmath>

namespace cellard::gpu::host {
namespace {

/// Student's t of 16 degrees, scaled to deviation one. For even degrees the distribution is a sum
/// (Abramowitz and Stegun 26.7.4), and the first moment of the density has a closed form.
struct student {
  static constexpr double degrees = 16;
  static constexpr double density = 0.39276123046875;  // at zero: G(17/2) / (sqrt(16 pi) G(8))

  static double scale() { return std::sqrt(degrees / (degrees - 2)); }

  /// Share below x.
  static double below(double x) {
    const double t = x * scale();
    const double sine = t / std::sqrt(degrees + t * t);
    const double square = 1 - sine * sine;
    double term = 1;
    double sum = 1;
    for (int i = 1; i < static_cast<int>(degrees) / 2; ++i) {
      term = term * (2 * i - 1) / (2 * i) * square;
      sum += term;
    }
    return 0.5 + 0.5 * sine * sum;
  }

  /// The integral of x times the density up to x: -(16 / 15) density (1 + t^2 / 16)^(-15 / 2).
  static double moment_below(double x) {
    const double t = x * scale();
    const double base = 1 + t * t / degrees;
    const double cubed = base * base * base;
    const double power = cubed * cubed * base * std::sqrt(base);
    return -degrees / (degrees - 1) * density / power / scale();
  }
};

struct interval {
  double low;
  double high;
};

/// Where a number lies, in steps, that has the symbol for s: rounded down from .35 above zero, and
/// with a shift to the nearest (a quarter of a symbol stands for the half step of all shifts).
interval border_of(int s, bool shifted) {
  if (shifted) {
    return {s - 0.25, s + 0.75};
  }
  if (s == 0) {
    return {-0.65, 0.65};
  }
  return s > 0 ? interval{s - 0.35, s + 0.65} : interval{s - 0.65, s + 0.35};
}

double width_of(unsigned table) {
  const int half_octaves =
    table < 11 ? static_cast<int>(table) + xtc_least_width : static_cast<int>(table) - 11 + 4;
  const double root = half_octaves % 2 == 0 ? 1 : std::sqrt(2.0);
  const int octaves = (half_octaves - (half_octaves % 2 == 0 ? 0 : 1)) / 2;
  return std::ldexp(root, octaves);
}

void fill(xtc_tables& to, unsigned table) {
  const bool shifted = table >= 11;
  const double width = width_of(table);
  const int reach = static_cast<int>(std::ceil(6 * width + 1));
  std::vector<std::uint64_t> counts(2 * static_cast<std::size_t>(reach) + 2);
  double inside = 0;
  const auto count_of = [](double share) {
    return static_cast<std::uint64_t>(share * 0x1p40) + 1;
  };
  for (int s = -reach; s <= reach; ++s) {
    const auto symbol = static_cast<std::size_t>(s + reach + 1);
    const auto [low, high] = border_of(s, shifted);
    const double share = student::below(high / width) - student::below(low / width);
    const double moment = student::moment_below(high / width) - student::moment_below(low / width);
    const double rest = shifted ? 0 : 16 * (width * moment / share - s);
    counts[symbol] = count_of(share);
    to.numbers[table * rans_symbols + symbol] = 16 * s + static_cast<int>(std::nearbyint(rest));
    inside += share;
  }
  counts[0] = count_of(std::max(0.0, 1 - inside));
  const auto shares = rans_shares(counts, xtc_bits);
  rans_fill_rows(shares, std::span(to.rows).subspan(table * rans_symbols, rans_symbols));
  rans_fill_slots(shares, std::span(to.slots).subspan(table * xtc_slots, xtc_slots));
  to.reach.at(table) = reach;
}

xtc_tables make_tables() {
  xtc_tables all;
  all.rows.resize(xtc_table_count * rans_symbols);
  all.slots.resize(xtc_table_count * xtc_slots);
  all.numbers.resize(xtc_table_count * rans_symbols);
  for (unsigned table = 0; table < xtc_table_count; ++table) {
    fill(all, table);
  }
  return all;
}

}  // namespace

const xtc_tables& xtc_tables_of_all() noexcept {
  static const xtc_tables all = make_tables();
  return all;
}

}  // namespace cellard::gpu::host
