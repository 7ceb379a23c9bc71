// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// codecs: what there is, what it wins and costs on made-up values on this machine. Needs no daemon.
#include <fmt/format.h>

#include <iostream>

#include "ctl/commands.hpp"
#include "ctl/output.hpp"
#include "ctl/trials.hpp"

namespace cellard::ctl {
namespace {

constexpr double seconds_a_direction = 0.05;  // 3 s for all codecs

void run_codecs(const globals& shared, const std::string& backend) {
  const auto codecs = codecs_of(backend);
  const auto found = try_all(codecs, schemes_of("all"), made_up_data(), seconds_a_direction);
  if (shared.json) {
    print_json(
      {{"backends", backend_names()}, {"measured_on", codecs.backend()}, {"codecs", found.codecs}});
    return;
  }
  print_trials(found.codecs, codecs.backend());
  std::cout << "Measured just now on made-up values (256 tokens, 8 heads of 128, float16, keys "
               "rotated): 'cellarctl try' takes yours.\n"
            << fmt::format("Backends of this machine: {}\n", fmt::join(backend_names(), ", "));
}

}  // namespace

void add_codecs_command(CLI::App& app, const globals& shared) {
  auto* list = app.add_subcommand(
    "codecs", "List the codecs, with their size, error and speed on this machine, measured now");
  auto backend = std::make_shared<std::string>();
  list->add_option("--backend", *backend, "instruction set whose loops run; the best unless given");
  list->callback([&shared, backend] { run_codecs(shared, *backend); });
}

}  // namespace cellard::ctl
