// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "ctl/past.hpp"

#include "config/units.hpp"

#include <fmt/format.h>

#include "ctl/connection.hpp"
#include "ctl/output.hpp"

namespace cellard::ctl {
namespace {

using nlohmann::json;

constexpr std::uint32_t longest_seconds = 7 * 24 * 3600;

bool is_ratio(const std::string& number) {
  return number.ends_with("_ratio");
}

bool is_gauge(const std::string& number) {
  return number == "used_bytes" || number == "blocks" || is_ratio(number);
}

}  // namespace

std::uint32_t past_options::window_seconds() const {
  const auto parsed = config::parse_duration(window);
  const auto seconds =
    parsed ? std::chrono::duration_cast<std::chrono::seconds>(*parsed).count() : 0;
  if (seconds < 1 || seconds > longest_seconds) {
    throw refused("invalid_argument",
                  fmt::format("--window {} is no time from 1s to 7days, such as 30min or 2h",
                              printable(window)));
  }
  return static_cast<std::uint32_t>(seconds);
}

void past_arguments(CLI::App& command, past_options& options) {
  command.add_option("--window", options.window, "how far back, such as 10min, 2h or 7days");
  subject_arguments(command, options);
}

void subject_arguments(CLI::App& command, past_options& options) {
  command.add_option("--namespace", options.space, "the numbers of this namespace alone");
  command.add_option("--kv-group", options.kv_group,
                     "of the namespaces of that name, this group's");
  command.add_option("--tenant", options.tenant, "the numbers of this tenant alone");
}

json ask_past(const client& from, const globals& shared, const past_options& options,
              std::uint32_t points) {
  cellard_window window CELLARD_WINDOW_INIT;
  window.space = options.space.empty() ? nullptr : options.space.c_str();
  window.tenant = options.tenant.empty() ? nullptr : options.tenant.c_str();
  window.kv_group = options.kv_group;
  window.window_seconds = options.window_seconds();
  window.points = points;
  window.all = wants_all(from, shared) ? 1 : 0;
  char* text = nullptr;
  check(cellard_history(from.handle(), &window, &text));
  const std::unique_ptr<char, decltype(&cellard_text_free)> owned(text, cellard_text_free);
  return json::parse(owned.get());
}

std::string shown_value(const std::string& number, double value) {
  if (is_ratio(number)) {
    return human_share(value);
  }
  const auto text = number.ends_with("_bytes") ? human_bytes(value) : human_count(value);
  return is_gauge(number) ? text : text + "/s";
}

std::string shown_trend(const std::string& number, const json& of) {
  const auto trend = of.value("trend", json::object());
  if (!trend.contains("per_hour")) {
    return "no trend: too few points";
  }
  if (!trend.value("is_trend", false)) {
    return "no trend";
  }
  const auto shown = [&](const char* key) {
    return shown_value(number, metrics::number(trend, key));
  };
  return fmt::format("{}{} an hour ({} to {})", metrics::number(trend, "per_hour") > 0 ? "+" : "",
                     shown("per_hour"), shown("low"), shown("high"));
}

std::string shown_window(const json& answer) {
  auto text = "the last " + human_time(number(answer, "covered_seconds"));
  for (const auto& mark : answer.value("marks", json::array())) {
    text +=
      fmt::format("; {} {} ago", text_of(mark, "what"), human_time(number(mark, "seconds_ago")));
  }
  return text;
}

}  // namespace cellard::ctl
