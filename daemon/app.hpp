// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The daemon put together: threads, actor system, actors, server, signals; and its end in the
// written order (docs/threading.md). Used by main only.
#pragma once

#include "config/config.hpp"
#include "core/result.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace cellard::daemon {

struct command_line {
  std::optional<std::filesystem::path> config;
  std::optional<std::string> socket;
  std::optional<config::log_level> log_level;
  bool check = false;  ///< load the configuration, say whether it is good, and end
};

/// Runs until SIGTERM, SIGINT or a fatal error. The exit status of the process.
int run(const command_line& options);

}  // namespace cellard::daemon
