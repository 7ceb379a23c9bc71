// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// cellarctl: the tree of commands, and what its exit codes mean.
#include <fmt/format.h>

#include <exception>
#include <iostream>

#include "cellard/client.hpp"
#include "ctl/commands.hpp"
#include "ctl/output.hpp"

namespace {

using namespace cellard::ctl;

constexpr const char* notes =
  "Exit codes:\n"
  "   0  done\n"
  "   1  the daemon said no, or a file or key is wrong; the sentence on standard error says why\n"
  "   2  the command line is wrong\n"
  "  69  no daemon answers at the socket\n"
  "\n"
  "Environment: CELLARD_SOCKET and CELLARD_DEADLINE stand for --socket and --deadline. Without\n"
  "either the socket is $XDG_RUNTIME_DIR/cellard/cellard.sock, and where nobody listens there\n"
  "/run/cellard/cellard.sock.";

void add_globals(CLI::App& app, globals& shared) {
  app.add_option("--socket", shared.socket, "the daemon's socket");
  app
    .add_option("--deadline", shared.deadline_seconds,
                "seconds that a request may take, 5 unless given")
    ->envname("CELLARD_DEADLINE")
    ->check(CLI::Range(0.001, 3600.0));
  app.add_flag("--json", shared.json, "print JSON instead of text");
  app.add_flag("--all,!--own", shared.all_tenants,
               "every tenant's numbers, or with --own only yours; all is what root and the "
               "daemon's user get without either");
  app.set_version_flag("--version", "cellarctl " CELLARD_VERSION, "print the version and end");
}

void add_commands(CLI::App& app, const globals& shared) {
  add_watch_commands(app, shared);
  add_top_command(app, shared);
  add_trend_command(app, shared);
  add_forecast_command(app, shared);
  add_space_commands(app, shared);
  add_block_commands(app, shared);
  add_config_commands(app, shared);
  add_admin_commands(app, shared);
  add_metrics_command(app, shared);
  add_timing_commands(app, shared);
  add_device_command(app, shared);
  add_codecs_command(app, shared);
  add_try_command(app, shared);
  add_document_commands(app);
}

/// So that --socket and the like may stand behind a command, however deep.
void let_options_fall_through(CLI::App& command) {
  command.fallthrough();
  for (auto* each : command.get_subcommands([](CLI::App*) { return true; })) {
    let_options_fall_through(*each);
  }
}

/// The sentence is for a person, so it goes to standard error in any case.
int fail(const globals& shared, std::string_view name, const char* sentence, int code) {
  if (shared.json) {
    print_json({{"error", {{"name", name}, {"sentence", sentence}}}});
  }
  std::cerr << fmt::format("cellarctl: {}\n", sentence);
  return code;
}

int run(CLI::App& app, const globals& shared, int argc, char** argv) {
  try {
    app.parse(argc, argv);
    std::cout.flush();
    return std::cout ? exit_ok : fail(shared, "io_error", "cannot write the output", exit_refused);
  } catch (const CLI::ParseError& problem) {
    return app.exit(problem) == 0 ? exit_ok : exit_usage;
  } catch (const refused& problem) {
    return fail(shared, problem.name(), problem.what(), exit_refused);
  } catch (const cellard::error& problem) {
    const bool away = problem.status() == CELLARD_UNAVAILABLE;
    return fail(shared, cellard_status_name(problem.status()), problem.what(),
                away ? exit_no_daemon : exit_refused);
  } catch (const std::exception& problem) {
    return fail(shared, "internal", problem.what(), exit_refused);
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"control and watch the KV cache daemon cellard", "cellarctl"};
  globals shared;
  app.footer(notes);
  app.require_subcommand(1);
  add_globals(app, shared);
  add_commands(app, shared);
  let_options_fall_through(app);
  return run(app, shared, argc, argv);
}
