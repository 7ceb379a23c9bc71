// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// forecast: the hit ratio with more memory and with less, as sentence, table and plot.
#include "ctl/forecast.hpp"

#include "config/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iostream>

#include "ctl/commands.hpp"
#include "ctl/connection.hpp"
#include "ctl/output.hpp"
#include "ctl/terminal.hpp"

namespace cellard::ctl {
namespace {

using nlohmann::json;

constexpr std::size_t plot_columns = 40;

std::uint64_t bytes_of(const json& from) {
  return from.value("capacity_bytes", std::uint64_t{0});
}

/// "8.0 GiB more", "4.0 GiB less", "what there is".
std::string change_of(std::uint64_t bytes, std::uint64_t capacity) {
  if (bytes == capacity) {
    return "what there is";
  }
  const bool more = bytes > capacity;
  const auto by = static_cast<double>(more ? bytes - capacity : capacity - bytes);
  return fmt::format("{} {}", human_bytes(by), more ? "more" : "less");
}

void print_basis(const json& answer) {
  std::cout << fmt::format(
    "{} under {}: {} of {} blocks asked for in the last {} were found\n",
    human_bytes(number(answer, "capacity_bytes")), printable(text_of(answer, "strategy")),
    human_share(number(answer, "hit_ratio")), human_count(number(answer, "blocks_asked")),
    human_time(number(answer, "since_seconds_ago")));
  std::cout << fmt::format("sampled: {} of them, {}\n",
                           human_count(number(answer, "sampled_blocks")),
                           human_share(number(answer, "sampled_share")));
  if (const double without = number(answer, "without"); without > 0) {
    std::cout << fmt::format("not counted: {} namespaces, for which there is no memory "
                             "(statistics.forecast_memory)\n",
                             without);
  }
}

/// "with 8.0 GiB more you would hit 71.0 %, with 8.0 GiB less 55.0 %"
std::string sentence_of(const json& points, std::uint64_t capacity) {
  std::string text;
  for (const auto& each : points) {
    text +=
      fmt::format("{}with {} {}{}", text.empty() ? "" : ", ", change_of(bytes_of(each), capacity),
                  text.empty() ? "you would hit " : "", human_share(number(each, "hit_ratio")));
  }
  return text;
}

void print_points(const json& points, std::uint64_t capacity) {
  table rows({{"MEMORY", true}, {"CHANGE", true}, {"HIT RATIO", true}, {"PLOT"}});
  bool beyond = false;
  for (const auto& each : points) {
    const bool full = each.value("full", true);
    beyond = beyond || !full;
    const double share = number(each, "hit_ratio");
    rows.add({human_bytes(static_cast<double>(bytes_of(each))), change_of(bytes_of(each), capacity),
              human_share(share) + (full ? "  " : " *"),
              bar(share, plot_columns, prints_unicode())});
  }
  rows.print(std::cout);
  if (beyond) {
    std::cout << "* nothing would have had to go until now: what will be asked for again later is "
                 "not in it\n";
  }
}

void print_forecast(const json& answer, bool asked) {
  print_basis(answer);
  if (!answer.value("enough", false)) {
    std::cout << fmt::format("not enough yet: a forecast needs {} sampled blocks\n",
                             number(answer, "needed_blocks"));
    return;
  }
  const auto points = answer.value("points", json::array());
  const auto capacity = bytes_of(answer);
  if (asked) {
    std::cout << sentence_of(points, capacity) << '\n';
  }
  print_points(points, capacity);
}

void run_forecast(const globals& shared, const past_options& whose,
                  const std::vector<std::string>& wanted) {
  const auto daemon = connect(shared);
  auto answer = ask_forecast(daemon, shared, whose, {});
  if (!wanted.empty()) {
    std::vector<std::uint64_t> sizes;
    for (const auto& each : wanted) {
      sizes.push_back(wanted_bytes(each, bytes_of(answer)));
    }
    answer = ask_forecast(daemon, shared, whose, sizes);
  }
  if (shared.json) {
    print_json(answer);
  } else {
    print_forecast(answer, !wanted.empty());
  }
}

}  // namespace

std::uint64_t wanted_bytes(const std::string& text, std::uint64_t capacity) {
  const bool more = text.starts_with('+');
  const bool less = text.starts_with('-');
  const auto parsed = config::parse_bytes(std::string_view{text}.substr(more || less ? 1 : 0));
  const auto most = more ? UINT64_MAX - capacity : less ? capacity : UINT64_MAX;
  if (!parsed || *parsed > most) {
    throw refused("invalid_argument",
                  fmt::format("{} is no amount of memory, such as 16GiB, +8GiB (more than now) or "
                              "-8GiB (less, and not below nothing)",
                              printable(text)));
  }
  return more ? capacity + *parsed : less ? capacity - *parsed : *parsed;
}

std::string bar(double share, std::size_t columns, bool unicode) {
  constexpr std::array eighths{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const double filled = std::clamp(share, 0.0, 1.0) * static_cast<double>(columns);
  std::string text;
  for (auto i = static_cast<std::size_t>(unicode ? filled : std::round(filled)); i > 0; --i) {
    text += unicode ? "█" : "#";
  }
  if (unicode) {
    text += eighths.at(static_cast<std::size_t>((filled - std::floor(filled)) * 8));
  }
  return text;
}

json ask_forecast(const client& from, const globals& shared, const past_options& whose,
                  const std::vector<std::uint64_t>& sizes) {
  cellard_outlook outlook CELLARD_OUTLOOK_INIT;
  outlook.space = whose.space.empty() ? nullptr : whose.space.c_str();
  outlook.tenant = whose.tenant.empty() ? nullptr : whose.tenant.c_str();
  outlook.kv_group = whose.kv_group;
  outlook.all = wants_all(from, shared) ? 1 : 0;
  outlook.sizes = sizes.data();
  outlook.count = sizes.size();
  char* text = nullptr;
  check(cellard_forecast(from.handle(), &outlook, &text));
  const std::unique_ptr<char, decltype(&cellard_text_free)> owned(text, cellard_text_free);
  return json::parse(owned.get());
}

json forecast_or_none(const client& from, const globals& shared) {
  try {
    return ask_forecast(from, shared, {}, {});
  } catch (const cellard::error& problem) {
    if (problem.status() == CELLARD_NOT_FOUND || problem.status() == CELLARD_UNSUPPORTED_VERSION) {
      return json::object();
    }
    throw;
  }
}

void add_forecast_command(CLI::App& app, const globals& shared) {
  auto* command = app.add_subcommand(
    "forecast", "Say what part of the blocks would be found with more memory, and with less");
  auto whose = std::make_shared<past_options>();
  auto sizes = std::make_shared<std::vector<std::string>>();
  command->add_option("SIZE", *sizes,
                      "memory.capacity (a tenant: what it holds) as it might be: 16GiB, or +8GiB "
                      "and -8GiB from what it is; "
                      "without any a sixteenth to eight times what it is");
  subject_arguments(*command, *whose);
  command->callback([&shared, whose, sizes] { run_forecast(shared, *whose, *sizes); });
}

}  // namespace cellard::ctl
