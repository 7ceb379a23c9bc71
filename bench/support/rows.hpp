// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// What a benchmark prints: one JSON object a line, in the form that scripts/bench and
// tools/bench_table.py read.
#pragma once

#include <optional>
#include <string>

namespace cellard::bench {

struct row {
  std::string bench;
  std::optional<double> value;  ///< null: it could not be measured, and `note` says why
  std::string unit;
  std::optional<double> reference;
  std::optional<double> ratio;
  std::optional<double> goal;  ///< of the ratio where there is one, else of the value
  bool met = false;
  std::string note;
};

void print(const row& line);

/// A time or a size that should be at most `goal` times its reference.
void at_most(const std::string& bench, double value, const std::string& unit, double reference,
             double goal);
/// The same against a fixed bound.
void at_most(const std::string& bench, double value, const std::string& unit, double goal,
             const std::string& note = {});
/// A rate that should be at least `goal` times its reference.
void at_least(const std::string& bench, double value, const std::string& unit, double reference,
              double goal);
/// A time whose reference should be at least `goal` times as long.
void times_faster(const std::string& bench, double value, const std::string& unit, double reference,
                  double goal);
/// The reference is not there: the line says so, and is not met.
void skipped(const std::string& bench, std::optional<double> value, const std::string& unit,
             double goal, const std::string& why);

}  // namespace cellard::bench
