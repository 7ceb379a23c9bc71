// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "daemon/metrics_page.hpp"

#include <caf/event_based_actor.hpp>

#include "metrics/families.hpp"
#include <nlohmann/json.hpp>

namespace cellard::daemon {
namespace {

using nlohmann::json;
using protocol::opcode;
using callback = std::function<void(std::optional<std::string>)>;

json parsed(const std::string& text) {
  return json::parse(text, nullptr, false);  // ours: never wrong
}

/// All tenants' answer to `what`.
template <class Function>
void ask(caf::event_based_actor* self, const actors::stats_actor& stats, opcode what,
         const callback& answer, Function then) {
  self->request(stats, caf::infinite, actors::text_atom::value, what, std::string{})
    .then(std::move(then), [self, answer](const caf::error&) {
      answer(std::nullopt);  // the statistics have ended
      self->quit();
    });
}

void collect(caf::event_based_actor* self, const actors::stats_actor& stats,
             const callback& answer) {
  ask(self, stats, opcode::stats, answer, [self, stats, answer](const std::string& numbers) {
    ask(self, stats, opcode::health, answer, [self, answer, numbers](const std::string& health) {
      answer(metrics::text_of(metrics::metric_families(parsed(numbers), parsed(health))));
      self->quit();
    });
  });
}

}  // namespace

page_source metrics_page(caf::actor_system& system, actors::stats_actor stats) {
  return [&system, stats = std::move(stats)](callback answer) {
    system.spawn([stats, answer = std::move(answer)](caf::event_based_actor* self) {
      collect(self, stats, answer);
    });
  };
}

}  // namespace cellard::daemon
