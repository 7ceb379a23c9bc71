// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "ctl/top_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "ctl/output.hpp"

namespace cellard::ctl {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 8> blocks{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr std::array<std::string_view, 8> letters{"_", ".", ",", "-", "=", "+", "*", "#"};
constexpr std::array<const char*, sort_keys> sort_names{"used", "hits", "puts", "name"};

std::string rate(double a_second) {
  return human_count(a_second) + "/s";
}

std::string byte_rate(double a_second) {
  return human_bytes(a_second) + "/s";
}

void add_tier(std::vector<screen_line>& out, const json& stats, const view_options& options) {
  const double used = number(stats, "used_bytes");
  const double capacity = number(stats, "capacity_bytes");
  const double share = capacity > 0 ? used / capacity : 0;
  const auto text =
    capacity > 0 ? fmt::format(" {} of {}, {} granted, {} staging", human_bytes(used),
                               human_bytes(capacity), human_bytes(number(stats, "granted_bytes")),
                               human_bytes(number(stats, "staging_bytes")))
                 : fmt::format(" {} used by you", human_bytes(used));
  const auto width = std::clamp<std::size_t>(options.columns / 3, 10, 40);
  // Above the high watermark the daemon evicts: worth a look, no more.
  out.push_back({"memory " + bar(share, width) + text, share > 0.95 ? look::alarm : look::bar});
}

void add_graph(std::vector<screen_line>& out, const top_model& model, const view_options& options,
               const char* name, double rates::*value, const std::string& text) {
  const auto room = options.columns > 34 ? options.columns - 34 : 0;
  const auto& history = model.history();
  std::vector<double> values;
  for (std::size_t i = history.size() - std::min(room, history.size()); i < history.size(); ++i) {
    values.push_back(history[i].*value);
  }
  out.push_back(
    {fitted(name, 10) + fitted(text, 14, true) + "  " + sparkline(values, options.unicode)});
}

void add_graphs(std::vector<screen_line>& out, const top_model& model,
                const view_options& options) {
  const auto& now = model.now();
  if (model.stats().contains("requests")) {
    add_graph(out, model, options, "requests", &rates::requests, rate(now.requests));
  }
  add_graph(out, model, options, "lookups", &rates::lookups, rate(now.lookups));
  add_graph(out, model, options, "hits", &rates::blocks_hit,
            fmt::format("{} {}", rate(now.blocks_hit), human_share(now.hit_ratio())));
  add_graph(out, model, options, "read", &rates::served_bytes, byte_rate(now.served_bytes));
  add_graph(out, model, options, "written", &rates::put_bytes, byte_rate(now.put_bytes));
  add_graph(out, model, options, "evicted", &rates::evicted, rate(now.evicted));
}

double sort_value(const top_model& model, const json& row, sort_key key) {
  switch (key) {
  case sort_key::hits:
    return model.of_space(row).blocks_hit;
  case sort_key::puts:
    return model.of_space(row).puts;
  default:
    return number(row, "used_bytes");
  }
}

void add_table(std::vector<screen_line>& out, const table& rows) {
  out.push_back({});
  for (const auto& line : rows.lines()) {
    out.push_back({line, out.back().text.empty() ? look::heading : look::plain});
  }
}

table spaces_of(const top_model& model, const view_options& options) {
  auto rows = model.stats().value("per_namespace", json::array());
  std::stable_sort(rows.begin(), rows.end(), [&](const json& left, const json& right) {
    return options.sort == sort_key::name
             ? text_of(left, "name") < text_of(right, "name")
             : sort_value(model, left, options.sort) > sort_value(model, right, options.sort);
  });
  table out({{"NAMESPACE"},
             {"TENANT"},
             {"USED", true},
             {"BLOCKS", true},
             {"HITS", true},
             {"HIT %", true},
             {"PUTS", true},
             {"READ", true},
             {"WRITTEN", true},
             {"EVICTED", true}});
  for (const auto& row : rows) {
    const auto now = model.of_space(row);
    out.add({text_of(row, "name"), text_of(row, "tenant"), human_bytes(number(row, "used_bytes")),
             human_count(number(row, "blocks")), rate(now.blocks_hit),
             human_share(number(row, "hit_ratio")), rate(now.puts), byte_rate(now.served_bytes),
             byte_rate(now.put_bytes), rate(now.evicted)});
  }
  return out;
}

table sessions_of(const top_model& model) {
  table out({{"SESSION", true}, {"CLIENT"}, {"PID", true}, {"UID", true}, {"TENANT"}});
  for (const auto& row : model.sessions().value("sessions", json::array())) {
    out.add({fmt::format("{:.0f}", number(row, "id")), text_of(row, "name"),
             fmt::format("{:.0f}", number(row, "pid")), fmt::format("{:.0f}", number(row, "uid")),
             text_of(row, "tenant")});
  }
  return out;
}

}  // namespace

std::string sparkline(const std::vector<double>& values, bool unicode) {
  const double most = values.empty() ? 0 : *std::max_element(values.begin(), values.end());
  std::string out;
  for (const double each : values) {
    const double share = most > 0 ? each / most : 0;
    const auto level = static_cast<std::size_t>(std::clamp(share * 7 + 0.5, 0.0, 7.0));
    out += unicode ? blocks.at(level) : letters.at(level);
  }
  return out;
}

std::string bar(double share, std::size_t columns) {
  const auto room = columns > 2 ? columns - 2 : 0;
  const auto filled =
    static_cast<std::size_t>(std::clamp(share, 0.0, 1.0) * static_cast<double>(room) + 0.5);
  return "[" + std::string(filled, '|') + std::string(room - filled, ' ') + "]";
}

std::vector<screen_line> screen(const top_model& model, const view_options& options) {
  std::vector<screen_line> out;
  const auto& stats = model.stats();
  if (!model.failure().empty()) {
    out.push_back({printable(model.failure()), look::alarm});
  }
  if (!model.empty()) {
    out.push_back(
      {fmt::format("cellard, up {}, {:.0f} sessions, {:.0f} namespaces, {} blocks, "
                   "{} leased; sorted by {}",
                   human_time(number(stats, "uptime_seconds")), number(stats, "sessions"),
                   number(stats, "namespaces"), human_count(number(stats, "blocks")),
                   human_count(number(stats, "leases")),
                   sort_names.at(static_cast<std::size_t>(options.sort))),
       look::heading});
    add_tier(out, stats, options);
    add_graphs(out, model, options);
    add_table(out, spaces_of(model, options));
    add_table(out, sessions_of(model));
  }
  for (auto& line : out) {
    if (columns_of(line.text) > options.columns) {
      line.text = fitted(line.text, options.columns);
    }
  }
  return out;
}

}  // namespace cellard::ctl
