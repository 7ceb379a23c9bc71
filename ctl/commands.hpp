// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The groups of commands. Each function adds its subcommands to the tree; a command runs when the
// whole command line was read, and throws when it fails (main.cpp turns that into an exit code).
// `shared` must outlive the application.
#pragma once

#include "ctl/globals.hpp"
#include <CLI/CLI.hpp>

namespace cellard::ctl {

void add_watch_commands(CLI::App& app, const globals& shared);    ///< status, stats, sessions
void add_top_command(CLI::App& app, const globals& shared);       ///< top
void add_trend_command(CLI::App& app, const globals& shared);     ///< trend
void add_forecast_command(CLI::App& app, const globals& shared);  ///< forecast
void add_space_commands(CLI::App& app, const globals& shared);    ///< namespaces
void add_block_commands(CLI::App& app, const globals& shared);    ///< ls, get, put, rm
void add_config_commands(CLI::App& app, const globals& shared);   ///< config
void add_admin_commands(CLI::App& app, const globals& shared);    ///< reload, drain, clear
void add_metrics_command(CLI::App& app, const globals& shared);   ///< metrics
void add_timing_commands(CLI::App& app, const globals& shared);   ///< ping, bench
void add_device_command(CLI::App& app, const globals& shared);    ///< devices
void add_codecs_command(CLI::App& app, const globals& shared);    ///< codecs
void add_try_command(CLI::App& app, const globals& shared);       ///< try
void add_document_commands(CLI::App& app);                        ///< completion, man

}  // namespace cellard::ctl
