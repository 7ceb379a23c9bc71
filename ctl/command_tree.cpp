// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "ctl/command_tree.hpp"

namespace cellard::ctl {

command_parts parts_of(const CLI::App& command) {
  command_parts parts;
  for (const auto* option : command.get_options()) {
    if (option == command.get_help_ptr()) {
      continue;
    }
    (option->get_positional() ? parts.positionals : parts.options).push_back(option);
  }
  parts.commands = command.get_subcommands([](const CLI::App*) { return true; });
  return parts;
}

bool runs_itself(const CLI::App& command) {
  return command.get_require_subcommand_min() == 0;
}

bool takes_value(const CLI::Option& option) {
  return option.get_items_expected_max() > 0;
}

std::vector<std::string> dashed_names(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const auto& each : option.get_snames()) {
    names.push_back("-" + each);
  }
  for (const auto& each : option.get_lnames()) {
    names.push_back("--" + each);
  }
  return names;
}

std::string shown_names(const CLI::Option& option) {
  std::string out;
  for (const auto& each : dashed_names(option)) {
    out += (out.empty() ? "" : ", ") + each;
  }
  return out;
}

bool names_file(const CLI::Option& option) {
  if (option.get_positional()) {
    return option.get_name() == "FILE";
  }
  const auto& names = option.get_lnames();
  return !names.empty()
         && (names.front() == "socket" || names.front() == "textfile" || names.front() == "output"
             || names.front() == "values" || names.front() == "profile");
}

std::string value_name(const CLI::Option& option) {
  return names_file(option) ? "FILE" : "VALUE";
}

}  // namespace cellard::ctl
