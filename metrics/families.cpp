// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "metrics/families.hpp"

#include <fmt/format.h>

#include "metrics/json_fields.hpp"
#include <prometheus/text_serializer.h>

namespace cellard::metrics {
namespace {

using nlohmann::json;
using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

struct metric {
  const char* key;   ///< in the answer to `stats`
  const char* name;  ///< without "cellard_"
  MetricType type;
  const char* help;
};

constexpr auto counter = MetricType::Counter;
constexpr auto gauge = MetricType::Gauge;

constexpr metric of_daemon[] = {
  {"uptime_seconds", "uptime_seconds", gauge, "Time since the daemon started."},
  {"capacity_bytes", "capacity_bytes", gauge, "Memory that blocks may take: memory.capacity."},
  {"staging_bytes", "staging_bytes", gauge, "Memory of the sessions' staging areas."},
  {"copy_queue_bytes", "copy_queue_bytes", gauge, "Bytes handed to copy workers and not done."},
  {"sessions", "sessions", gauge, "Connections."},
  {"namespaces", "namespaces", gauge, "Namespaces."},
  {"sessions_opened", "sessions_opened_total", counter, "Connections ever made."},
  {"sessions_refused", "sessions_refused_total", counter, "Connections over limits.sessions."},
  {"requests", "requests_total", counter, "Requests received."},
  {"bad_requests", "bad_requests_total", counter, "Requests malformed, or refused at once."},
  {"timed_out", "timed_out_requests_total", counter, "Requests whose deadline passed."},
  {"slow_requests", "slow_requests_total", counter, "Requests over daemon.slow_request."},
  {"slow_readers", "slow_readers_total", counter, "Sessions cut off at limits.out_bytes."},
  {"leases_revoked", "leases_revoked_total", counter, "Leases taken back from their readers."},
};

constexpr metric of_space[] = {
  {"lookups", "lookups_total", counter, "Lookup and get requests."},
  {"blocks_asked", "blocks_requested_total", counter, "Blocks asked for by get."},
  {"blocks_hit", "blocks_hit_total", counter, "Blocks that get found."},
  {"served_bytes", "served_bytes_total", counter, "Bytes handed out by get."},
  {"puts", "blocks_stored_total", counter, "Blocks stored."},
  {"put_bytes", "stored_bytes_total", counter, "Bytes stored."},
  {"puts_present", "puts_present_total", counter, "Puts of blocks that were there."},
  {"puts_pending", "puts_pending_total", counter, "Puts of blocks that another session writes."},
  {"puts_no_parent", "puts_no_parent_total", counter, "Puts whose parent was not there."},
  {"puts_busy", "puts_busy_total", counter, "Puts refused for want of room."},
  {"evicted", "blocks_evicted_total", counter, "Blocks that made room for others."},
  {"evicted_bytes", "evicted_bytes_total", counter, "Bytes of blocks that made room."},
  {"removed", "blocks_removed_total", counter, "Blocks removed by request."},
  {"expired", "blocks_expired_total", counter, "Blocks past their age, or never completed."},
  {"corrupt", "blocks_corrupt_total", counter, "Blocks with a wrong checksum."},
  {"recoded", "blocks_encoded_total", counter, "Blocks encoded after they were stored."},
  {"recoded_bytes_won", "encoding_won_bytes_total", counter, "Memory that encoding freed."},
  {"lowered", "lowered_total", counter, "Blocks that the ladder keeps in fewer bytes."},
  {"recodes_dropped", "encodings_dropped_total", counter, "Encodings that came to nothing."},
  {"blocks", "blocks", gauge, "Blocks that can be found."},
  {"leases", "leases", gauge, "Blocks leased to readers."},
  {"pins", "pins", gauge, "Blocks pinned."},
  {"reservations", "reservations", gauge, "Blocks being written."},
  {"deferred_slots", "deferred_slots", gauge, "Freed slots that a reader may still see."},
  {"granted_bytes", "granted_bytes", gauge, "Memory granted to the namespace."},
  {"populated_bytes", "populated_bytes", gauge, "Of these, bytes backed by memory."},
  {"used_bytes", "used_bytes", gauge, "Of these, bytes of slots in use."},
  {"payload_bytes", "payload_bytes", gauge, "Bytes of blocks, as stored."},
};

MetricFamily family_of(const metric& what) {
  return {std::string{"cellard_"} + what.name, what.help, what.type, {}};
}

void add_value(MetricFamily& to, double value, std::vector<ClientMetric::Label> labels) {
  ClientMetric one;
  one.label = std::move(labels);
  (to.type == counter ? one.counter.value : one.gauge.value) = value;
  to.metric.push_back(std::move(one));
}

std::vector<ClientMetric::Label> labels_of(const json& space) {
  return {{"namespace", text_of(space, "name")},
          {"tenant", text_of(space, "tenant")},
          {"kv_group", fmt::format("{:.0f}", number(space, "kv_group"))}};
}

/// A daemon with other amounts of memory, as far as the sample says.
void add_forecast(std::vector<MetricFamily>& out, const json& forecast) {
  if (!forecast.contains("sampled_blocks")) {
    return;
  }
  MetricFamily sampled{
    "cellard_forecast_sampled_blocks", "Requested blocks that the forecast rests on.", gauge, {}};
  add_value(sampled, number(forecast, "sampled_blocks"), {});
  out.push_back(std::move(sampled));
  MetricFamily spent{"cellard_forecast_cpu_seconds_total",
                     "Processor time that the forecast took, about.",
                     counter,
                     {}};
  add_value(spent, number(forecast, "cpu_seconds"), {});
  out.push_back(std::move(spent));
  MetricFamily ratios{"cellard_forecast_hit_ratio",
                      "Share of requested blocks that a multiple of the capacity would have found.",
                      gauge,
                      {}};
  const double capacity = number(forecast, "capacity_bytes");
  for (const auto& each : forecast.value("points", json::array())) {
    add_value(ratios, number(each, "hit_ratio"),
              {{"capacities", fmt::format("{:g}", number(each, "capacity_bytes") / capacity)}});
  }
  if (!ratios.metric.empty()) {
    out.push_back(std::move(ratios));
  }
}

}  // namespace

MetricFamily up_family(bool up) {
  MetricFamily family{"cellard_up", "Whether the daemon answered.", gauge, {}};
  add_value(family, up ? 1 : 0, {});
  return family;
}

std::vector<MetricFamily> metric_families(const json& stats, const json& health,
                                          const json& forecast) {
  std::vector<MetricFamily> out{up_family(true)};
  MetricFamily build{"cellard_build_info", "The daemon's version, as a label.", gauge, {}};
  add_value(build, 1, {{"version", text_of(health, "server")}});
  out.push_back(std::move(build));
  MetricFamily draining{"cellard_draining", "Whether new blocks are refused.", gauge, {}};
  add_value(draining, text_of(health, "status") == "draining" ? 1 : 0, {});
  out.push_back(std::move(draining));
  for (const auto& each : of_daemon) {
    // Another tenant's numbers are not in the answer: no sample is better than a wrong 0.
    if (stats.contains(each.key)) {
      out.push_back(family_of(each));
      add_value(out.back(), number(stats, each.key), {});
    }
  }
  const auto spaces = stats.value("per_namespace", json::array());
  for (const auto& each : of_space) {
    auto family = family_of(each);
    for (const auto& space : spaces) {
      add_value(family, number(space, each.key), labels_of(space));
    }
    if (!family.metric.empty()) {
      out.push_back(std::move(family));
    }
  }
  add_forecast(out, forecast);
  return out;
}

std::string text_of(const std::vector<MetricFamily>& families) {
  return prometheus::TextSerializer{}.Serialize(families);
}

}  // namespace cellard::metrics
