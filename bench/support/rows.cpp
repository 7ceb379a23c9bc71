// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "bench/support/rows.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace cellard::bench {
namespace {

std::string number(const std::optional<double>& value) {
  return value ? fmt::format("{:.6g}", *value) : "null";
}

}  // namespace

void print(const row& line) {
  const auto note = line.note.empty() ? "" : fmt::format(R"(, "note": "{}")", line.note);
  fmt::print(R"({{"bench": "{}", "value": {}, "unit": "{}", "reference": {}, "ratio": {}, )"
             R"("goal": {}, "met": {}{}}})"
             "\n",
             line.bench, number(line.value), line.unit, number(line.reference), number(line.ratio),
             number(line.goal), line.met, note);
  std::fflush(stdout);
}

void at_most(const std::string& bench, double value, const std::string& unit, double reference,
             double goal) {
  const double ratio = value / reference;
  print({bench, value, unit, reference, ratio, goal, ratio <= goal, {}});
}

void at_most(const std::string& bench, double value, const std::string& unit, double goal,
             const std::string& note) {
  print({bench, value, unit, {}, {}, goal, value <= goal, note});
}

void at_least(const std::string& bench, double value, const std::string& unit, double reference,
              double goal) {
  const double ratio = value / reference;
  print({bench, value, unit, reference, ratio, goal, ratio >= goal, {}});
}

void times_faster(const std::string& bench, double value, const std::string& unit, double reference,
                  double goal) {
  const double ratio = reference / value;
  print({bench, value, unit, reference, ratio, goal, ratio >= goal, {}});
}

void skipped(const std::string& bench, std::optional<double> value, const std::string& unit,
             double goal, const std::string& why) {
  print({bench, value, unit, {}, {}, goal, false, why});
}

}  // namespace cellard::bench
