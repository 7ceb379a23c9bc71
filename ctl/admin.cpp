// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// reload, drain and clear: what changes the daemon as a whole. For its owner and root.
#include <fmt/format.h>

#include <iostream>
#include <sstream>

#include "ctl/commands.hpp"
#include "ctl/connection.hpp"
#include "ctl/output.hpp"

namespace cellard::ctl {
namespace {

using nlohmann::json;

/// Ends when the new configuration is in effect or refused, so that `systemctl reload` fails with
/// the parser's message.
void run_reload(const globals& shared) {
  const auto report = ask_text(connect(shared), "reload");
  if (!shared.json) {
    std::cout << report;
    return;
  }
  json changes = json::array();
  std::istringstream lines(report);
  for (std::string line; std::getline(lines, line);) {
    if (line != "nothing changed") {
      changes.push_back(line);
    }
  }
  print_json({{"changes", std::move(changes)}});
}

void run_drain(const globals& shared) {
  const auto answer = ask(connect(shared), "drain");
  if (shared.json) {
    print_json(answer);
  } else {
    std::cout << "draining: blocks are still found and read, new ones are refused\n";
  }
}

void run_clear(const globals& shared) {
  const auto answer = ask(connect(shared), "clear", true);
  if (shared.json) {
    print_json(answer);
  } else {
    std::cout << fmt::format("removed {} blocks\n", number(answer, "removed"));
  }
}

}  // namespace

void add_admin_commands(CLI::App& app, const globals& shared) {
  app
    .add_subcommand("reload",
                    "Read the configuration again; says what changed, or fails with what is wrong")
    ->callback([&shared] { run_reload(shared); });
  app.add_subcommand("drain", "Refuse new blocks from now on, before the daemon is ended")
    ->callback([&shared] { run_drain(shared); });
  auto* clear = app.add_subcommand("clear", "Remove every tenant's blocks");
  clear->add_flag("--yes")->description("yes, every tenant's")->required();
  clear->callback([&shared] { run_clear(shared); });
}

}  // namespace cellard::ctl
