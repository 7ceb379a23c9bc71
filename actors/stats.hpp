// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Numbers for people and monitors, as JSON. Reads the counters of all namespaces when asked, and
// once a second for their history; nobody sends it numbers. A tenant sees its own namespaces and
// sessions only, and totals over these. What other amounts of memory would be worth is asked of the
// eviction actor. Owns: the list of namespaces and sessions that are alive,
// and the history. Runs on: the I/O threads. Ends: when told to exit.
#pragma once

#include "actors/handles.hpp"
#include "core/history.hpp"
#include "core/server_counters.hpp"

#include <map>
#include <memory>
#include <optional>

namespace cellard::actors {

struct stats_setup {
  std::shared_ptr<core::server_counters> counters;
  std::shared_ptr<core::usage> staging;
  std::uint64_t host_bytes = 0;
  config::snapshot settings;
  eviction_actor order;
};

struct stats_state {
  explicit stats_state(stats_actor::pointer me) : self(me) {}

  static constexpr const char* name = "stats";

  void start(stats_setup what);
  std::string text(protocol::opcode what, const std::string& tenant) const;
  core::result<std::string> report(history_query what);
  caf::result<core::result<std::string>> ask_outlook(forecast_query what);
  core::result<std::string> whose(std::string_view request, const std::string& space,
                                  std::uint32_t kv_group) const;
  void join(const space_description& space);
  void forget(space_id space);
  void apply(const config::snapshot& fresh);
  void sample();
  void tick();

  struct member {
    session_description who;
    session_actor session;
  };

  stats_actor::pointer self;
  stats_setup setup;
  time_point started;
  std::map<space_id, space_description> spaces;
  std::map<session_id, member> sessions;
  std::optional<core::history> past;
};

stats_actor::behavior_type stats(stats_actor::stateful_pointer<stats_state> self, stats_setup what);

}  // namespace cellard::actors
