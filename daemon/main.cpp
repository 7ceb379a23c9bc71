// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The command line of the daemon.
#include "daemon/app.hpp"

#include <iostream>

#include <CLI/CLI.hpp>

namespace {

using cellard::config::log_level;
using cellard::config::words;

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
    "cellard keeps the attention KV of LLM inference processes on this host, and finds it again."};
  app.footer("Without --config the daemon runs on its defaults, which 'cellarctl config default' "
             "prints. It ends with "
             "SIGTERM, and reads its configuration again with SIGHUP.");
  std::string config;
  std::string socket;
  std::string level;
  bool check = false;
  app.add_option("--config", config, "the configuration, a TOML file");
  app.add_option("--socket", socket, "listen here only, whatever the configuration says");
  app.add_flag("--check", check, "read the configuration, say whether it is good, and end");
  app.add_option("--log-level", level, "instead of log.level of the configuration")
    ->check(CLI::IsMember(
      std::vector<std::string>(words<log_level>::list.begin(), words<log_level>::list.end())));
  app.set_version_flag("--version", "cellard " CELLARD_VERSION);
  CLI11_PARSE(app, argc, argv);
  cellard::daemon::command_line options;
  options.check = check;
  if (!config.empty()) {
    options.config = config;
  }
  if (!socket.empty()) {
    options.socket = socket;
  }
  for (std::size_t i = 0; i < words<log_level>::list.size(); ++i) {
    if (words<log_level>::list.at(i) == level) {
      options.log_level = static_cast<log_level>(i);
    }
  }
  return cellard::daemon::run(options);
}
