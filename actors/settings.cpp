// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "actors/settings.hpp"

#include "config/diff.hpp"
#include "config/load.hpp"
#include "config/print.hpp"
#include "config/validate.hpp"

namespace cellard::actors {

core::result<std::string> settings_state::reload() {
  if (!setup.file) {
    return core::fail(core::errc::config_invalid,
                      "the daemon was started without --config: there is no file to read again");
  }
  auto wanted = config::load_file(*setup.file);
  if (!wanted) {
    return tl::unexpected<core::error>(std::move(wanted).error());
  }
  const auto changes = config::compare(*setup.running, *wanted);
  if (changes.empty()) {
    return std::string{"nothing changed\n"};
  }
  auto mixed = config::with_live_keys(*setup.running, *wanted);
  if (const auto problems = config::validate(mixed, setup.host_bytes); !problems.empty()) {
    return core::fail(core::errc::config_invalid,
                      "the live keys of {} do not go together with keys that need a restart: {}",
                      setup.file->string(), problems.front().text);
  }
  setup.running = config::make_snapshot(std::move(mixed), setup.running->version + 1);
  self->send(setup.memory, apply_atom::value, setup.running);
  self->send(setup.order, apply_atom::value, setup.running);
  self->send(setup.supervisor, apply_atom::value, setup.running);
  self->send(setup.stats, apply_atom::value, setup.running);
  if (setup.applied) {
    setup.applied(setup.running);
  }
  std::string report;
  for (const auto& change : changes) {
    report += config::to_text(change) + "\n";
  }
  return report;
}

settings_actor::behavior_type settings(settings_actor::stateful_pointer<settings_state> self,
                                       settings_setup what) {
  auto& state = self->state;
  state.setup = std::move(what);
  return {
    [&state](text_atom) { return config::to_toml(*state.setup.running); },
    [&state](reload_atom) { return state.reload(); },
    [&state](tick_atom) {
      const auto report = state.reload();
      if (state.setup.reported) {
        state.setup.reported(report);
      }
    },
  };
}

}  // namespace cellard::actors
