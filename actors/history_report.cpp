// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "actors/history_report.hpp"

#include "core/load_window.hpp"

#include <fmt/format.h>

#include <cstdlib>

#include <nlohmann/json.hpp>

namespace cellard::actors {
namespace {

using core::errc;
using core::load_sums;
using nlohmann::json;

constexpr double hour = 3600;
constexpr std::size_t trend_slots = 120;  // more say no more, and cost

/// Five digits: a reply is one frame.
json shortened(double value) {
  return std::strtod(fmt::format("{:.5g}", value).c_str(), nullptr);
}

struct facts {
  double now = 0;
  double since = 0;  ///< before this another daemon or namespace was counted
  std::size_t points = 0;
  core::load_window plotted;
  core::load_window judged;
};

/// `average`, and for each slot the value where there is one.
template <class Value, class Has>
json number_of(const facts& from, double average, Value value, Has has) {
  json out{{"average", shortened(average)}};
  const auto found = core::trend_of(core::points_of(from.judged, from.since, value, has));
  out["trend"] = {{"is_trend", found.is_one()}, {"points", found.points}};
  if (found.independent > 0 && std::isfinite(found.low)) {
    out["trend"].update({{"per_hour", shortened(found.slope * hour)},
                         {"low", shortened(found.low * hour)},
                         {"high", shortened(found.high * hour)}});
  }
  if (from.points > 0) {
    json series = json::array();
    for (const load_sums& slot : from.plotted.slots) {
      series.push_back(slot.seconds > 0 && has(slot) ? shortened(value(slot)) : json());
    }
    out["series"] = std::move(series);
  }
  return out;
}

json numbers_of(const facts& from, bool whole_daemon) {
  json out = json::object();
  const load_sums& total = from.plotted.total;
  for (std::size_t i = 0; i < core::load_numbers; ++i) {
    const auto which = static_cast<core::load_number>(i);
    if (which == core::load_number::requests && !whole_daemon) {
      continue;
    }
    out[std::string{core::load_number_names.at(i)}] = number_of(
      from, total.average(which), [which](const load_sums& slot) { return slot.average(which); },
      [](const load_sums&) { return true; });
  }
  const auto asked = [](core::load_number which) {
    return [which](const load_sums& slot) {
      return slot.sums[core::at(which)] > 0;
    };
  };
  out["hit_ratio"] = number_of(from, core::hit_ratio(total), core::hit_ratio,
                               asked(core::load_number::blocks_asked));
  out["token_hit_ratio"] = number_of(from, core::token_hit_ratio(total), core::token_hit_ratio,
                                     asked(core::load_number::tokens_asked));
  return out;
}

json marks_of(const core::history& from, double now, double window) {
  json out = json::array();
  for (const auto& mark : from.marks()) {
    if (mark.when >= now - window) {
      out.push_back({{"what", mark.what}, {"seconds_ago", shortened(now - mark.when)}});
    }
  }
  return out;
}

}  // namespace

std::string history_name(const std::string& space, std::uint32_t kv_group) {
  return fmt::format("{}/{}", kv_group, space);
}

core::result<std::string> history_report(const core::history& from, const history_query& what,
                                         std::chrono::steady_clock::time_point now) {
  const core::history_subject* subject =
    !what.space.empty()   ? from.of_space(what.tenant, history_name(what.space, what.kv_group))
    : what.tenant.empty() ? &from.all()
                          : from.of_tenant(what.tenant);
  if (subject == nullptr) {
    return core::fail(errc::not_found,
                      "history: there is none of {}; it was never there, or statistics.namespaces "
                      "is reached",
                      what.space.empty() ? "tenant '" + what.tenant + "'"
                                         : "namespace '" + what.space + "'");
  }
  facts known;
  known.now = from.seconds(now);
  known.since = subject->since;
  known.points = what.points;
  known.plotted = core::look_back(*subject, known.now, what.window_seconds,
                                  what.points > 0 ? what.points : trend_slots);
  known.judged = core::look_back(*subject, known.now, what.window_seconds, trend_slots);
  json out{{"window_seconds", what.window_seconds},
           {"covered_seconds", shortened(double{known.plotted.total.seconds})},
           {"step_seconds", known.plotted.step},
           {"since_seconds_ago", shortened(known.now - subject->since)},
           {"marks", marks_of(from, known.now, what.window_seconds)},
           {"numbers", numbers_of(known, subject == &from.all())}};
  return out.dump();
}

}  // namespace cellard::actors
