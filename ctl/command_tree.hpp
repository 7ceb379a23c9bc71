// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// CLI11's tree as the documents see it. Pure functions.
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace cellard::ctl {

struct command_parts {
  std::vector<const CLI::Option*> options;  ///< without --help
  std::vector<const CLI::Option*> positionals;
  std::vector<const CLI::App*> commands;
};

command_parts parts_of(const CLI::App& command);

/// May the command be given without one of its own subcommands?
bool runs_itself(const CLI::App& command);

bool takes_value(const CLI::Option& option);
/// "-c, --count"
std::string shown_names(const CLI::Option& option);
/// "-c", "--count"
std::vector<std::string> dashed_names(const CLI::Option& option);
/// "FILE" where the description or name says so, else "VALUE".
std::string value_name(const CLI::Option& option);
/// Does the value name a file, so that a shell offers files?
bool names_file(const CLI::Option& option);

}  // namespace cellard::ctl
