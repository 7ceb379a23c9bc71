// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// metrics: the numbers in Prometheus' text format, on standard output or as a file for the node
// exporter's textfile collector.
#include <iostream>

#include "ctl/block_file.hpp"
#include "ctl/commands.hpp"
#include "ctl/connection.hpp"
#include "ctl/metric_families.hpp"
#include "ctl/output.hpp"
#include <prometheus/text_serializer.h>

namespace cellard::ctl {
namespace {

std::vector<prometheus::MetricFamily> collected(const globals& shared) {
  const auto daemon = connect(shared);
  return metric_families(ask(daemon, "stats", wants_all(daemon, shared)), ask(daemon, "health"));
}

void run_metrics(const globals& shared, const std::string& textfile) {
  if (shared.json) {
    print_json(to_json(collected(shared)));
    return;
  }
  const prometheus::TextSerializer serializer;
  if (textfile.empty()) {
    std::cout << serializer.Serialize(collected(shared));
    return;
  }
  try {
    replace_file(textfile, serializer.Serialize(collected(shared)));
  } catch (const error&) {
    // Numbers of a daemon that is gone would look alive until somebody notices.
    replace_file(textfile, serializer.Serialize({up_family(false)}));
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
