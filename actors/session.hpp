// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// One connection: checks what the client may ask, finds the namespace, and answers what shards do
// not answer themselves. Owns: the client's identity, its open namespaces and salts, its staging
// area, the deadlines of its requests. Leases and reservations are owned by the shards under this
// session's number.
// Runs on: the I/O threads.
// Ends: with the connection, or when told to exit. Whatever it held is given back by its
// destructor, so also when it dies of an error.
#pragma once

#include "actors/answer.hpp"
#include "actors/handles.hpp"
#include "actors/route.hpp"

#include <memory>
#include <unordered_map>
#include <vector>

namespace cellard::actors {

struct session_setup {
  session_description who;
  std::shared_ptr<reply_sink> sink;
  config::snapshot settings;
  supervisor_actor supervisor;
  memory_actor memory;
  stats_actor stats;
  settings_actor configuration;
  std::shared_ptr<core::server_counters> counters;
  slow_listener slow;  ///< may be empty
  std::uint64_t instance = 0;
  std::uint32_t pid = 0;
};

class session_state {
public:
  explicit session_state(session_actor::pointer me) : self(me) {}
  ~session_state();
  session_state(const session_state&) = delete;
  session_state& operator=(const session_state&) = delete;

  static constexpr const char* name = "session";

  void start(session_setup what);
  void serve(const inbound_ptr& from);
  void closed();
  void slow(slow_request what);
  void tick();
  void apply(const config::snapshot& fresh);

  session_actor::pointer self;

private:
  struct space {
    opened_space opened;
    std::uint64_t serial = 0;  ///< of the open
    std::string name;
    std::uint16_t part = 0;
    std::vector<std::uint16_t> salts;  ///< by handle; 0 is the default of open
  };

  struct deadline {
    inbound_ptr from;
    time_point until;
  };

  // One overload a kind of request. Each answers exactly once, now or later.
  void on(const inbound_ptr& from, const protocol::hello_request& request);
  void on(const inbound_ptr& from, const protocol::open_request& request);
  void on(const inbound_ptr& from, const protocol::close_request& request);
  void on(const inbound_ptr& from, const protocol::salt_request& request);
  void on(const inbound_ptr& from, const protocol::chain_request& request);
  void on(const inbound_ptr& from, const protocol::release_request& request);
  void on(const inbound_ptr& from, const protocol::reserve_request& request);
  void on(const inbound_ptr& from, const protocol::commit_request& request);
  void on(const inbound_ptr& from, const protocol::abort_request& request);
  void on(const inbound_ptr& from, const protocol::write_request& request);
  void on(const inbound_ptr& from, const protocol::read_request& request);
  void on(const inbound_ptr& from, const protocol::list_request& request);
  void on(const inbound_ptr& from, const protocol::corrupt_request& request);
  void on(const inbound_ptr& from, const protocol::admin_request& request);
  void on(const inbound_ptr& from, const protocol::forget_request& request);
  void on(const inbound_ptr& from, const protocol::history_request& request);
  void on(const inbound_ptr& from, const protocol::forecast_request& request);
  void on(const inbound_ptr& from, const protocol::stage_request& request);
  void on(const inbound_ptr& from, const protocol::put_request& request);

  /// As the shard knows this session under one handle.
  [[nodiscard]] core::requester requester_of(const space& where, std::uint32_t handle) const;
  bool is_served(const inbound_ptr& from, const protocol::chain_request& request);
  void scrub(const inbound_ptr& from, const space& where, chain_call call);
  void finish_open(const inbound_ptr& from, opened_space opened);
  void answer_read(const inbound_ptr& from, const read_answer& found);
  void ask_text(const inbound_ptr& from, const protocol::admin_request& request);
  bool may_ask(const inbound_ptr& from, std::uint64_t feature, bool others) const;
  template <class Query>
  void ask_report(const inbound_ptr& from, Query what);

  /// The namespace and the salt of a request; answers not_open or not_found itself.
  space* find(const inbound_ptr& from, std::uint32_t handle, std::uint16_t salt = 0);
  [[nodiscard]] write_call call_of(const inbound_ptr& from, const space& where,
                                   std::uint16_t salt) const;
  bool may_write(const inbound_ptr& from);
  bool few_enough(const inbound_ptr& from, std::size_t count);
  bool inside_staging(const inbound_ptr& from, std::uint64_t offset, std::uint64_t length);

  /// Handler for the death of the actor that was asked.
  auto gone(const inbound_ptr& from) {
    return [this, from](const caf::error&) {
      if (still_expected(*from)) {
        refuse(*from, core::errc::shutting_down, "the namespace or the daemon is ending");
      }
    };
  }

  void expect(const inbound_ptr& from);
  /// False when it was answered as timed out; its credit comes back here then. Once a request.
  bool still_expected(const inbound& from);
  void publish_route(std::uint32_t handle);
  void leave_shard(const space& where, std::uint32_t handle);
  void wake_at(time_point when);
  /// Gives the request's leases back to their shards, but for those of one handle, which the
  /// request itself carries there.
  void give_back(const inbound& from, std::uint32_t but);

  session_setup setup_;
  bool greeted_ = false;
  std::uint64_t features_ = 0;  ///< that both sides know
  time_point armed_ = time_point::max();
  core::staging_ptr staging_;
  std::unordered_map<std::uint32_t, space> spaces_;
  std::uint64_t opens_ = 0;
  std::uint32_t opening_ = 0;  ///< opens on their way, counted towards the limit
  bool closed_ = false;        ///< the connection has ended; the session waits for its opens
  std::vector<deadline>
    deadlines_;  ///< of requests that may take long; at most limits.requests_in_flight
};

session_actor::behavior_type session(session_actor::stateful_pointer<session_state> self,
                                     session_setup what);

}  // namespace cellard::actors
