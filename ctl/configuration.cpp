// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// config: the running configuration, the defaults, and what a file says compared with them. Every
// configuration is printed as a file that loads to the same.
#include "config/diff.hpp"
#include "config/load.hpp"
#include "config/modes.hpp"
#include "config/print.hpp"
#include "config/validate.hpp"
#include "core/host_memory.hpp"

#include <fmt/format.h>

#include <iostream>

#include "ctl/commands.hpp"
#include "ctl/connection.hpp"
#include "ctl/output.hpp"

namespace cellard::ctl {
namespace {

using config::configuration;
using nlohmann::json;

configuration loaded(core::result<configuration> from) {
  if (!from) {
    throw refused(std::string{core::to_string(from.error().code())}, from.error().context());
  }
  return std::move(*from);
}

/// What the daemon would take: the file's own mistakes, and the rules that need this host's memory.
configuration checked_file(const std::string& file) {
  auto settings = loaded(config::load_file(file));
  std::string sentences;
  for (const auto& problem : config::validate(settings, core::read_host_memory().usable_bytes())) {
    sentences += fmt::format("{}{}: {}", sentences.empty() ? "" : "\n", file, problem.text);
  }
  if (!sentences.empty()) {
    throw refused("config_invalid", sentences);
  }
  return settings;
}

void print_configuration(const globals& shared, const std::string& toml) {
  if (shared.json) {
    print_json({{"toml", toml}});
  } else {
    std::cout << toml;
  }
}

void run_show(const globals& shared, bool changed) {
  const auto daemon = connect(shared);
  auto toml = ask_text(daemon, "config");
  if (changed) {
    toml = config::to_toml(loaded(config::load_text(toml, "the daemon's configuration")),
                           config::style::changed);
  }
  print_configuration(shared, toml);
}

void run_default(const globals& shared, const std::string& mode) {
  for (std::size_t i = 0; i < config::words<config::operating_mode>::list.size(); ++i) {
    const auto each = static_cast<config::operating_mode>(i);
    if (config::to_string(each) == mode) {
      print_configuration(shared, config::to_toml(config::defaults(each)));
    }
  }
}

void run_check(const globals& shared, const std::string& file) {
  checked_file(file);
  if (shared.json) {
    print_json({{"file", file}, {"good", true}});
  } else {
    std::cout << file << " is good\n";
  }
}

void run_diff(const globals& shared, const std::string& file) {
  const auto wanted = checked_file(file);
  const auto daemon = connect(shared);
  const auto running =
    loaded(config::load_text(ask_text(daemon, "config"), "the daemon's configuration"));
  const auto changes = config::compare(running, wanted);
  if (shared.json) {
    json rows = json::array();
    for (const auto& each : changes) {
      rows.push_back({{"key", each.key},
                      {"running", each.before},
                      {"file", each.after},
                      {"needs_restart", each.when == config::effect::restart}});
    }
    print_json({{"differences", std::move(rows)}});
    return;
  }
  for (const auto& each : changes) {
    std::cout << config::to_text(each) << '\n';
  }
}

}  // namespace

void add_config_commands(CLI::App& app, const globals& shared) {
  auto* group = app.add_subcommand("config", "Show, check and compare configurations");
  group->require_subcommand(1);

  auto* show = group->add_subcommand("show", "Print the running configuration as a file");
  auto changed = std::make_shared<bool>(false);
  show->add_flag("--changed", *changed, "only the keys that differ from the mode's defaults");
  show->callback([&shared, changed] { run_show(shared, *changed); });

  auto* defaults = group->add_subcommand("default", "Print the defaults as a file");
  auto mode = std::make_shared<std::string>("inference");
  const auto& modes = config::words<config::operating_mode>::list;
  defaults->add_option("--mode", *mode, "of this mode, inference unless given")
    ->check(CLI::IsMember(std::vector<std::string>(modes.begin(), modes.end())));
  defaults->callback([&shared, mode] { run_default(shared, *mode); });

  auto file = std::make_shared<std::string>();
  auto* check = group->add_subcommand("check", "Say whether the daemon would take a file");
  check->add_option("FILE", *file, "a configuration")->required();
  check->callback([&shared, file] { run_check(shared, *file); });

  auto* diff = group->add_subcommand("diff", "Print what differs: running -> file, a key a line");
  diff->add_option("FILE", *file, "a configuration")->required();
  diff->callback([&shared, file] { run_diff(shared, *file); });
}

}  // namespace cellard::ctl
