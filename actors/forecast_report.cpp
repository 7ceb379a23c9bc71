// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "actors/forecast_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include <nlohmann/json.hpp>

namespace cellard::actors {
namespace {

using core::errc;
using nlohmann::json;

/// Five digits say more than a sample knows.
json shortened(double value) {
  return std::strtod(fmt::format("{:.5g}", value).c_str(), nullptr);
}

/// What the namespaces that are asked for have told.
struct gathered {
  std::vector<core::space_share> spaces;
  std::size_t without = 0;
  double asked = 0;
  double sampled = 0;  ///< of these, blocks in the sample
  double cpu_seconds = 0;
  std::chrono::steady_clock::time_point since = std::chrono::steady_clock::time_point::max();
};

std::uint64_t used_by(const std::vector<forecast_member>& members, bool all) {
  std::uint64_t used = 0;
  for (const auto& each : members) {
    used += all || each.asked_for ? each.used_bytes : 0;
  }
  return used;
}

/// `whole`: what the namespaces' shares are of.
gathered gather(const std::vector<core::space_forecast>& told,
                const std::vector<forecast_member>& members, std::uint64_t whole) {
  gathered all;
  for (const auto& each : members) {
    const auto of =
      std::find_if(told.begin(), told.end(), [&](const auto& one) { return one.space == each.id; });
    if (!each.asked_for) {
      continue;
    }
    if (of == told.end()) {
      ++all.without;
      continue;
    }
    all.spaces.push_back(
      {&*of, whole == 0 ? 1 : static_cast<double>(each.used_bytes) / static_cast<double>(whole)});
    all.asked += of->asked;
    all.sampled += of->counts.wanted * of->sampled;
    all.cpu_seconds += std::chrono::duration<double>(of->took).count();
    if (of->since != std::chrono::steady_clock::time_point{}) {
      all.since = std::min(all.since, of->since);
    }
  }
  return all;
}

json point(const gathered& from, std::uint64_t bytes, double capacity) {
  const double factor = static_cast<double>(bytes) / capacity;
  const bool full = std::any_of(from.spaces.begin(), from.spaces.end(), [&](const auto& each) {
    return each.of->counts.full > 0 && each.share * factor <= each.of->counts.full;
  });
  return {{"capacity_bytes", bytes},
          {"hit_ratio", shortened(core::forecast_hit_ratio(from.spaces, factor))},
          {"full", full}};
}

std::vector<std::uint64_t> sizes_of_the_curve(double capacity) {
  std::vector<std::uint64_t> sizes;
  for (const double each : core::curve_sizes) {
    sizes.push_back(static_cast<std::uint64_t>(each * capacity));
  }
  return sizes;
}

std::string subject_of(const forecast_query& what) {
  return !what.space.empty()   ? "namespace '" + what.space + "'"
         : what.tenant.empty() ? "the daemon"
                               : "tenant '" + what.tenant + "'";
}

}  // namespace

core::result<std::string> forecast_report(const std::vector<core::space_forecast>& told,
                                          const std::vector<forecast_member>& members,
                                          const core::forecast_settings& running,
                                          std::uint64_t capacity_bytes, const forecast_query& what,
                                          std::chrono::steady_clock::time_point now) {
  if (running.memory_bytes == 0) {
    return core::fail(errc::not_found, "forecast: statistics.forecast_memory is 0; give it 4 MiB "
                                       "for each namespace that is to have one");
  }
  // Namespaces fill the memory together; a tenant is told of its own part only.
  const std::uint64_t mine = used_by(members, false);
  const auto from = gather(told, members, what.by_tenant ? capacity_bytes : used_by(members, true));
  if (from.spaces.empty() && (from.without > 0 || !what.space.empty())) {
    return core::fail(errc::not_found,
                      "forecast: there is none of {}; it was never there, or there is no memory "
                      "for it (statistics.forecast_memory, 4 MiB a namespace)",
                      subject_of(what));
  }
  const auto sampled = static_cast<std::uint64_t>(from.sampled);
  const bool enough = sampled >= needed_blocks && (!what.by_tenant || mine > 0);
  const bool heard = from.since <= now;
  const std::uint64_t present = what.by_tenant ? mine : capacity_bytes;
  const auto capacity = static_cast<double>(present);
  json out{{"capacity_bytes", present},
           {"strategy", running.strategy},
           {"since_seconds_ago",
            shortened(heard ? std::chrono::duration<double>(now - from.since).count() : 0)},
           {"blocks_asked", shortened(from.asked)},
           {"hit_ratio", shortened(core::forecast_hit_ratio(from.spaces, 1))},
           {"sampled_blocks", sampled},
           {"sampled_share", shortened(from.asked > 0 ? from.sampled / from.asked : 0)},
           {"needed_blocks", needed_blocks},
           {"enough", enough},
           {"namespaces", from.spaces.size()},
           {"without", from.without},
           {"cpu_seconds", shortened(from.cpu_seconds)}};
  if (enough) {
    json points = json::array();
    for (const std::uint64_t bytes :
         what.sizes.empty() ? sizes_of_the_curve(capacity) : what.sizes) {
      points.push_back(point(from, bytes, capacity));
    }
    out["points"] = std::move(points);
  }
  return out.dump();
}

}  // namespace cellard::actors
