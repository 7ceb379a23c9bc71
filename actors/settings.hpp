// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The running configuration: reads the file anew, compares, and hands the new snapshot to everyone,
// all or nothing. A key that needs a restart is reported and keeps its value until then. Owns: the
// snapshot that runs and the path it came from. Runs on: a thread of its own (detached), because it
// reads a file. Ends: when told to exit.
#pragma once

#include "actors/handles.hpp"

#include <filesystem>
#include <functional>
#include <optional>

namespace cellard::actors {

struct settings_setup {
  std::optional<std::filesystem::path> file;  ///< none: the daemon runs on embedded defaults
  config::snapshot running;
  std::uint64_t host_bytes = 0;  ///< what shares of memory are shares of
  memory_actor memory;
  eviction_actor order;
  supervisor_actor supervisor;
  stats_actor stats;
  /// For what is not an actor (log level). Called on this actor's thread, as is the next.
  std::function<void(const config::snapshot&)> applied;
  /// What came of a reload that nobody waits for (a signal, a change of the file).
  std::function<void(const core::result<std::string>&)> reported;
};

struct settings_state {
  explicit settings_state(settings_actor::pointer me) : self(me) {}

  static constexpr const char* name = "settings";

  core::result<std::string> reload();

  settings_actor::pointer self;
  settings_setup setup;
};

settings_actor::behavior_type settings(settings_actor::stateful_pointer<settings_state> self,
                                       settings_setup what);

}  // namespace cellard::actors
