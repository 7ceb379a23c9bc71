// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "actors/stats.hpp"

#include "actors/eviction.hpp"
#include "actors/reply.hpp"
#include "actors/version.hpp"

#include <nlohmann/json.hpp>

namespace cellard::actors {
namespace {

using nlohmann::json;

// A reply is one frame: more than this many rows do not fit, and the text says how many are left
// out.
constexpr std::size_t most_rows = 500;

// The finest slots of the history.
constexpr std::chrono::seconds sample_period{1};

json to_json(const core::shard_counters& from) {
  return {
    {"lookups", from.lookups.get()},
    {"blocks_asked", from.blocks_asked.get()},
    {"blocks_hit", from.blocks_hit.get()},
    {"puts", from.puts.get()},
    {"put_bytes", from.put_bytes.get()},
    {"puts_present", from.puts_present.get()},
    {"puts_pending", from.puts_pending.get()},
    {"puts_no_parent", from.puts_no_parent.get()},
    {"puts_busy", from.puts_busy.get()},
    {"evicted", from.evicted.get()},
    {"evicted_bytes", from.evicted_bytes.get()},
    {"removed", from.removed.get()},
    {"expired", from.expired.get()},
    {"corrupt", from.corrupt.get()},
    {"recoded", from.recoded.get()},
    {"recoded_bytes_won", from.recoded_bytes_won.get()},
    {"lowered", from.lowered.get()},
    {"recodes_dropped", from.recodes_dropped.get()},
    {"served_bytes", from.served_bytes.get()},
    {"blocks", from.blocks.get()},
    {"leases", from.leases.get()},
    {"pins", from.pins.get()},
    {"reservations", from.reservations.get()},
    {"deferred_slots", from.deferred_slots.get()},
    {"granted_bytes", from.granted_bytes.get()},
    {"populated_bytes", from.populated_bytes.get()},
    {"used_bytes", from.used_bytes.get()},
    {"payload_bytes", from.payload_bytes.get()},
  };
}

/// Adds the numbers of `part` to those of `sum`.
void add(json& sum, const json& part) {
  for (const auto& [key, value] : part.items()) {
    sum[key] = sum.value(key, std::uint64_t{0}) + value.get<std::uint64_t>();
  }
}

double share(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
}

bool shown(const std::string& tenant, const std::string& of) {
  return tenant.empty() || tenant == of;
}

json spaces_of(const stats_state& state, const std::string& tenant, bool with_counters) {
  json rows = json::array();
  for (const auto& [id, space] : state.spaces) {
    if (!shown(tenant, space.tenant)) {
      continue;
    }
    json row{{"name", space.name},
             {"tenant", space.tenant},
             {"kv_group", space.kv_group},
             {"model", space.shape.model},
             {"dtype", core::to_string(space.shape.type)},
             {"block_bytes", space.shape.block_bytes()},
             {"block_tokens", space.shape.block_tokens},
             {"parts", space.shape.parts}};
    if (with_counters) {
      row.update(to_json(*space.counters));
      row["hit_ratio"] =
        share(space.counters->blocks_hit.get(), space.counters->blocks_asked.get());
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

json sessions_of(const stats_state& state, const std::string& tenant) {
  json rows = json::array();
  std::size_t left_out = 0;
  for (const auto& [id, each] : state.sessions) {
    if (!shown(tenant, each.who.tenant)) {
      continue;
    }
    if (rows.size() == most_rows) {
      ++left_out;
      continue;
    }
    rows.push_back({{"id", id},
                    {"tenant", each.who.tenant},
                    {"uid", each.who.uid},
                    {"pid", each.who.pid},
                    {"name", each.who.client_name},
                    {"shared_memory", each.who.shared_memory}});
  }
  return {{"sessions", std::move(rows)}, {"left_out", left_out}};
}

json stats_of(const stats_state& state, const std::string& tenant) {
  json total = to_json(core::shard_counters{});
  std::size_t namespaces = 0;
  for (const auto& [id, space] : state.spaces) {
    if (shown(tenant, space.tenant)) {
      add(total, to_json(*space.counters));
      ++namespaces;
    }
  }
  total["hit_ratio"] =
    share(total["blocks_hit"].get<std::uint64_t>(), total["blocks_asked"].get<std::uint64_t>());
  total["namespaces"] = namespaces;
  std::size_t sessions = 0;
  for (const auto& [id, each] : state.sessions) {
    sessions += shown(tenant, each.who.tenant) ? 1U : 0U;
  }
  total["sessions"] = sessions;
  total["uptime_seconds"] =
    std::chrono::duration<double>(std::chrono::steady_clock::now() - state.started).count();
  if (tenant.empty()) {
    const auto& server = *state.setup.counters;
    total["capacity_bytes"] = state.setup.settings->memory.capacity.resolve(state.setup.host_bytes);
    total["staging_bytes"] = state.setup.staging->bytes();
    total["sessions_opened"] = server.sessions_opened.load();
    total["sessions_refused"] = server.sessions_refused.load();
    total["requests"] = server.requests.load();
    total["bad_requests"] = server.bad_requests.load();
    total["timed_out"] = server.timed_out.load();
    total["slow_requests"] = server.slow_requests.load();
    total["slow_readers"] = server.slow_readers.load();
    total["leases_revoked"] = server.leases_revoked.load();
    total["copy_queue_bytes"] = server.copy_queue_bytes.load();
  }
  total["per_namespace"] = spaces_of(state, tenant, true);
  return total;
}

}  // namespace

std::string stats_state::text(protocol::opcode what, const std::string& tenant) const {
  json out;
  switch (what) {
  case protocol::opcode::stats:
    out = stats_of(*this, tenant);
    break;
  case protocol::opcode::namespaces:
    out = {{"namespaces", spaces_of(*this, tenant, true)}};
    break;
  case protocol::opcode::sessions:
    out = sessions_of(*this, tenant);
    break;
  default:
    out = {{"status", setup.counters->draining.load() ? "draining" : "ok"},
           {"server", server_name},
           {"uptime_seconds",
            std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count()}};
  }
  // Names come from clients and may be no UTF-8.
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

void stats_state::start(stats_setup what) {
  setup = std::move(what);
  started = std::chrono::steady_clock::now();
  past.emplace(started, setup.settings->statistics.namespaces);
  self->delayed_send(self, sample_period, tick_atom::value);
}

void stats_state::sample() {
  past->sample(std::chrono::steady_clock::now(),
               setup.counters->requests.load(std::memory_order_relaxed));
}

void stats_state::tick() {
  sample();
  self->delayed_send(self, sample_period, tick_atom::value);
}

void stats_state::join(const space_description& space) {
  spaces[space.id] = space;
  past->join(space.id, space.tenant, history_name(space.name, space.kv_group), space.counters,
             space.shape.block_tokens, std::chrono::steady_clock::now());
}

void stats_state::forget(space_id space) {
  past->leave(space, std::chrono::steady_clock::now());
  spaces.erase(space);
}

/// A namespace whose tenant is not told has to be the only one of its name. Its tenant; empty when
/// nobody has one.
core::result<std::string> stats_state::whose(std::string_view request, const std::string& space,
                                             std::uint32_t kv_group) const {
  std::string tenant;
  for (const auto& [id, each] : spaces) {
    if (each.name != space || each.kv_group != kv_group) {
      continue;
    }
    if (!tenant.empty()) {
      return core::fail(core::errc::invalid_argument,
                        "{}: several tenants have a namespace '{}', among them '{}' and '{}'; say "
                        "whose",
                        request, space, tenant, each.tenant);
    }
    tenant = each.tenant;
  }
  return tenant;
}

core::result<std::string> stats_state::report(history_query what) {
  if (!what.space.empty() && what.tenant.empty()) {
    auto tenant = whose("history", what.space, what.kv_group);
    CELLARD_TRY(tenant);
    what.tenant = std::move(*tenant);
  }
  sample();  // so that the last part of a second is there, too
  return history_report(*past, what, std::chrono::steady_clock::now());
}

caf::result<core::result<std::string>> stats_state::ask_outlook(forecast_query what) {
  using text = core::result<std::string>;
  if (!what.space.empty() && what.tenant.empty()) {
    auto tenant = whose("forecast", what.space, what.kv_group);
    if (!tenant) {
      return text{tl::unexpected<core::error>(std::move(tenant).error())};
    }
    what.tenant = std::move(*tenant);
  }
  const text ending = core::fail(core::errc::shutting_down, "the daemon is ending");
  reply<text> answer(self->make_response_promise<text>(), ending);
  self->request(setup.order, caf::infinite, forecast_atom::value)
    .then(
      [this, answer,
       what = std::move(what)](const std::vector<core::space_forecast>& told) mutable {
        std::vector<forecast_member> members;
        for (const auto& [id, each] : spaces) {
          const bool wanted =
            shown(what.tenant, each.tenant)
            && (what.space.empty() || (each.name == what.space && each.kv_group == what.kv_group));
          members.push_back({id, wanted, each.counters->used_bytes.get()});
        }
        answer.deliver(forecast_report(told, members,
                                       forecast_settings_of(*setup.settings, setup.host_bytes),
                                       setup.settings->memory.capacity.resolve(setup.host_bytes),
                                       what, std::chrono::steady_clock::now()));
      },
      [answer](const caf::error&) {});  // the guard answers
  return caf::delegated<text>{};
}

void stats_state::apply(const config::snapshot& fresh) {
  setup.settings = fresh;
  past->mark(std::chrono::steady_clock::now(), "reload");
  past->set_limit(fresh->statistics.namespaces);
  for (const auto& [id, each] : sessions) {
    self->send(each.session, apply_atom::value, fresh);
  }
}

stats_actor::behavior_type stats(stats_actor::stateful_pointer<stats_state> self,
                                 stats_setup what) {
  auto& state = self->state;
  state.start(std::move(what));
  return {
    [&state](join_atom, const space_description& space) { state.join(space); },
    [&state](forget_atom, space_id space) { state.forget(space); },
    [&state](join_atom, const session_description& who, const session_actor& session) {
      state.sessions[who.id] = {who, session};
    },
    [&state](leave_atom, session_id who) { state.sessions.erase(who); },
    [&state](apply_atom, const config::snapshot& fresh) { state.apply(fresh); },
    [&state](text_atom, protocol::opcode subject, const std::string& tenant) {
      return state.text(subject, tenant);
    },
    [&state](text_atom, history_query& asked) { return state.report(std::move(asked)); },
    [&state](text_atom, forecast_query& asked) { return state.ask_outlook(std::move(asked)); },
    [&state](tick_atom) { state.tick(); },
  };
}

}  // namespace cellard::actors
