// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// status, stats and sessions: the daemon's numbers, once.
#include <fmt/format.h>

#include <iostream>

#include "ctl/commands.hpp"
#include "ctl/connection.hpp"
#include "ctl/output.hpp"
#include "ctl/past.hpp"
#include "ctl/space_table.hpp"

namespace cellard::ctl {
namespace {

using nlohmann::json;

json to_json(const cellard_server_info& info) {
  return {{"server", std::string{info.server}},
          {"pid", info.pid},
          {"instance", fmt::format("{:016x}", info.instance)},
          {"shared_memory", info.shared_memory != 0},
          {"privileged", info.privileged != 0}};
}

void print_status(const cellard_server_info& info, const json& health, const json& stats) {
  const auto row = [](const char* name, const std::string& value) {
    std::cout << fitted(name, 12) << value << '\n';
  };
  row("daemon",
      fmt::format("{}, pid {}, {}, up {}", printable(info.server), info.pid,
                  text_of(health, "status"), human_time(number(stats, "uptime_seconds"))));
  row("you", fmt::format("{}, {}", info.privileged != 0 ? "privileged" : "not privileged",
                         info.shared_memory != 0 ? "shared memory" : "inline only"));
  const auto used = human_bytes(number(stats, "used_bytes"));
  row("memory", stats.contains("capacity_bytes") ? fmt::format(
                  "{} used of {}, {} granted", used, human_bytes(number(stats, "capacity_bytes")),
                  human_bytes(number(stats, "granted_bytes")))
                                                 : used + " used by you");
  row("blocks",
      fmt::format("{}, {} leased, {} pinned", human_count(number(stats, "blocks")),
                  human_count(number(stats, "leases")), human_count(number(stats, "pins"))));
  row("hits", fmt::format("{} of {} blocks asked for", human_share(number(stats, "hit_ratio")),
                          human_count(number(stats, "blocks_asked"))));
  row("clients", fmt::format("{} sessions, {} namespaces", number(stats, "sessions"),
                             number(stats, "namespaces")));
}

void run_status(const globals& shared) {
  const auto daemon = connect(shared);
  const bool all = wants_all(daemon, shared);
  const auto info = daemon.server();
  const auto health = ask(daemon, "health");
  const auto stats = ask(daemon, "stats", all);
  if (shared.json) {
    print_json({{"connection", to_json(info)}, {"health", health}, {"stats", stats}});
  } else {
    print_status(info, health, stats);
  }
}

void run_past_stats(const globals& shared, const past_options& options) {
  const auto daemon = connect(shared);
  const auto answer = ask_past(daemon, shared, options);
  if (shared.json) {
    print_json(answer);
    return;
  }
  std::cout << shown_window(answer) << '\n';
  table averages({{"NUMBER"}, {"AVERAGE", true}});
  const json numbers = answer.value("numbers", json::object());
  for (const auto& [name, of] : numbers.items()) {
    averages.add({name, shown_value(name, number(of, "average"))});
  }
  averages.print(std::cout);
}

void run_stats(const globals& shared) {
  const auto daemon = connect(shared);
  const auto stats = ask(daemon, "stats", wants_all(daemon, shared));
  if (shared.json) {
    print_json(stats);
    return;
  }
  table numbers({{"NUMBER"}, {"VALUE", true}, {"", true}});
  for (const auto& [key, value] : stats.items()) {
    if (value.is_number()) {
      const bool bytes = key.size() > 6 && key.compare(key.size() - 6, 6, "_bytes") == 0;
      numbers.add({key, value.dump(), bytes ? human_bytes(value.get<double>()) : ""});
    }
  }
  numbers.print(std::cout);
  if (const auto spaces = stats.find("per_namespace"); spaces != stats.end() && !spaces->empty()) {
    std::cout << '\n';
    space_table(*spaces).print(std::cout);
  }
}

void run_sessions(const globals& shared) {
  const auto daemon = connect(shared);
  const auto answer = ask(daemon, "sessions", wants_all(daemon, shared));
  if (shared.json) {
    print_json(answer);
    return;
  }
  session_table(answer.value("sessions", json::array())).print(std::cout);
  if (const auto left = number(answer, "left_out"); left > 0) {
    std::cout << fmt::format("and {} more, which do not fit into one answer\n", left);
  }
}

}  // namespace

void add_watch_commands(CLI::App& app, const globals& shared) {
  app.add_subcommand("status", "Say in a few lines how the daemon is")->callback([&shared] {
    run_status(shared);
  });
  auto* stats = app.add_subcommand(
    "stats",
    "Print all counters, and those of each namespace; with --window averages of that time");
  auto past = std::make_shared<past_options>();
  past_arguments(*stats, *past);
  stats->callback([&shared, past, stats] {
    if (stats->count("--window") > 0 || !past->space.empty() || !past->tenant.empty()) {
      run_past_stats(shared, *past);
    } else {
      run_stats(shared);
    }
  });
  app.add_subcommand("sessions", "List the connections: who they are")->callback([&shared] {
    run_sessions(shared);
  });
}

}  // namespace cellard::ctl
