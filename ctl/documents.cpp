// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// completion and man: the commands.
#include "ctl/documents.hpp"

#include <iostream>

#include "ctl/commands.hpp"

namespace cellard::ctl {

void add_document_commands(CLI::App& app) {
  auto* completion = app.add_subcommand("completion", "Print a shell's completion script");
  auto shell = std::make_shared<std::string>();
  completion->add_option("SHELL", *shell, "bash or zsh")
    ->required()
    ->check(CLI::IsMember({"bash", "zsh"}));
  completion->callback(
    [&app, shell] { std::cout << (*shell == "zsh" ? zsh_completion(app) : bash_completion(app)); });
  app.add_subcommand("man", "Print the manual page, as roff")->callback([&app] {
    std::cout << man_page(app);
  });
}

}  // namespace cellard::ctl
