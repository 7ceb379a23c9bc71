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

/// All tenants' answer to `what`: a text request and a tenant, or a query.
template <class Function, class... What>
void ask(caf::event_based_actor* self, const actors::stats_actor& stats, const callback& answer,
         Function then, What... what) {
  self->request(stats, caf::infinite, actors::text_atom::value, std::move(what)...)
    .then(std::move(then), [self, answer](const caf::error&) {
      answer(std::nullopt);  // the statistics have ended
      self->quit();
    });
}

void collect(caf::event_based_actor* self, const actors::stats_actor& stats,
             const callback& answer) {
  const auto with_health = [self, stats, answer](const std::string& numbers) {
    const auto with_forecast = [self, stats, answer, numbers](const std::string& health) {
      const auto with_all = [self, answer, numbers,
                             health](const core::result<std::string>& forecast) {
        answer(metrics::text_of(metrics::metric_families(
          parsed(numbers), parsed(health), forecast ? parsed(*forecast) : json::object())));
        self->quit();
      };
      ask(self, stats, answer, with_all, actors::forecast_query{});
    };
    ask(self, stats, answer, with_forecast, opcode::health, std::string{});
  };
  ask(self, stats, answer, with_health, opcode::stats, std::string{});
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
