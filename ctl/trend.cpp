// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// trend: what changed over a stretch of time, and what only scattered.
#include <fmt/format.h>

#include <iostream>
#include <limits>

#include "ctl/commands.hpp"
#include "ctl/connection.hpp"
#include "ctl/output.hpp"
#include "ctl/past.hpp"
#include "ctl/terminal.hpp"

namespace cellard::ctl {
namespace {

using nlohmann::json;

constexpr std::uint32_t plotted_points = 60;

std::string plot(const json& series) {
  std::vector<double> values;
  for (const auto& each : series) {
    values.push_back(each.is_number() ? each.get<double>() : 0);
  }
  return sparkline(values, prints_unicode());
}

void print_trends(const json& answer, const std::string& only) {
  std::cout << shown_window(answer) << '\n';
  table rows({{"NUMBER"}, {"AVERAGE", true}, {"TREND"}, {only.empty() ? "" : "PLOT"}});
  const json numbers = answer.value("numbers", json::object());
  for (const auto& [name, of] : numbers.items()) {
    if (only.empty() || only == name) {
      rows.add({name, shown_value(name, number(of, "average")), shown_trend(name, of),
                only.empty() ? "" : plot(of.value("series", json::array()))});
    }
  }
  rows.print(std::cout);
}

void run_trend(const globals& shared, const past_options& options, const std::string& only) {
  const auto daemon = connect(shared);
  const auto answer = ask_past(daemon, shared, options, only.empty() ? 0 : plotted_points);
  const json numbers = answer.value("numbers", json::object());
  if (!only.empty() && !numbers.contains(only)) {
    std::string known;
    for (const auto& [name, of] : numbers.items()) {
      known += (known.empty() ? "" : ", ") + name;
    }
    throw refused("invalid_argument",
                  fmt::format("there is no number '{}'; there are {}", printable(only), known));
  }
  if (shared.json) {
    print_json(answer);
  } else {
    print_trends(answer, only);
  }
}

}  // namespace

void add_trend_command(CLI::App& app, const globals& shared) {
  auto* command = app.add_subcommand(
    "trend", "Say which numbers change, with the 95 % interval of the change, and which do not");
  auto options = std::make_shared<past_options>();
  auto only = std::make_shared<std::string>();
  command->add_option("NUMBER", *only, "this one alone, with a plot");
  past_arguments(*command, *options);
  command->callback([&shared, options, only] { run_trend(shared, *options, *only); });
}

}  // namespace cellard::ctl
