// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// namespaces: the listing, and removing one.
#include <fmt/format.h>

#include <iostream>

#include "ctl/commands.hpp"
#include "ctl/connection.hpp"
#include "ctl/space_access.hpp"
#include "ctl/space_table.hpp"

namespace cellard::ctl {
namespace {

void run_list(const globals& shared) {
  const auto daemon = connect(shared);
  const auto answer = ask(daemon, "namespaces", wants_all(daemon, shared));
  if (shared.json) {
    print_json(answer);
    return;
  }
  space_table(answer.value("namespaces", nlohmann::json::array())).print(std::cout);
}

void run_remove(const globals& shared, const std::string& name, std::uint32_t kv_group) {
  const auto daemon = connect(shared);
  check(cellard_forget(daemon.handle(), name.c_str(), kv_group));
  if (shared.json) {
    print_json({{"removed", name}, {"kv_group", kv_group}});
  } else {
    std::cout << fmt::format("removed namespace '{}'\n", printable(name));
  }
}

}  // namespace

void add_space_commands(CLI::App& app, const globals& shared) {
  auto* group = app.add_subcommand("namespaces", "List the namespaces, or remove one");
  group->require_subcommand(0, 1);
  group->callback([&shared, group] {
    if (group->get_subcommands().empty()) {
      run_list(shared);
    }
  });
  group->add_subcommand("ls", "List the namespaces")->callback([&shared] { run_list(shared); });

  auto* remove = group->add_subcommand(
    "rm", "Remove a namespace of yours and all its blocks; nobody may have it open");
  auto name = std::make_shared<std::string>();
  auto kv_group = std::make_shared<std::uint32_t>(0);
  remove->add_option("NAMESPACE", *name, "the namespace's name")->required();
  remove->add_option("--kv-group", *kv_group, "of the namespaces of that name, this group's");
  remove->callback([&shared, name, kv_group] { run_remove(shared, *name, *kv_group); });
}

}  // namespace cellard::ctl
