// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// metrics: the numbers in Prometheus' text format, on standard output or as a file for the node
// exporter's textfile collector.
#include <iostream>

#include "ctl/block_file.hpp"
#include "ctl/commands.hpp"
#include "ctl/connection.hpp"
#include "ctl/forecast.hpp"
#include "ctl/output.hpp"
#include "metrics/families.hpp"

namespace cellard::ctl {
namespace {

using nlohmann::json;

std::vector<prometheus::MetricFamily> collected(const globals& shared) {
  const auto daemon = connect(shared);
  return metrics::metric_families(ask(daemon, "stats", wants_all(daemon, shared)),
                                  ask(daemon, "health"), forecast_or_none(daemon, shared));
}

/// The families as one object a name, for --json.
json to_json(const std::vector<prometheus::MetricFamily>& families) {
  constexpr auto counter = prometheus::MetricType::Counter;
  json out = json::object();
  for (const auto& family : families) {
    json samples = json::array();
    for (const auto& one : family.metric) {
      json labels = json::object();
      for (const auto& label : one.label) {
        labels[label.name] = label.value;
      }
      samples.push_back({{"labels", std::move(labels)},
                         {"value", family.type == counter ? one.counter.value : one.gauge.value}});
    }
    out[family.name] = {{"help", family.help},
                        {"type", family.type == counter ? "counter" : "gauge"},
                        {"samples", std::move(samples)}};
  }
  return out;
}

void run_metrics(const globals& shared, const std::string& textfile) {
  if (shared.json) {
    print_json(to_json(collected(shared)));
    return;
  }
  if (textfile.empty()) {
    std::cout << metrics::text_of(collected(shared));
    return;
  }
  try {
    replace_file(textfile, metrics::text_of(collected(shared)));
  } catch (const error&) {
    // Numbers of a daemon that is gone would look alive until somebody notices.
    replace_file(textfile, metrics::text_of({metrics::up_family(false)}));
    throw;
  }
}

}  // namespace

void add_metrics_command(CLI::App& app, const globals& shared) {
  auto* command = app.add_subcommand("metrics", "Print all numbers in Prometheus' text format");
  auto textfile = std::make_shared<std::string>();
  command->add_option("--textfile", *textfile,
                      "replace this file instead, for the node exporter; it says cellard_up 0 "
                      "when there is no daemon");
  command->callback([&shared, textfile] { run_metrics(shared, *textfile); });
}

}  // namespace cellard::ctl
