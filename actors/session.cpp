// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// A session's life: start, dispatch, deadlines, end. Requests are in session_*.cpp by kind.
#include "actors/session.hpp"

#include "actors/lease_number.hpp"
#include "core/coarse_clock.hpp"
#include "protocol/fields.hpp"

#include <caf/send.hpp>

#include <algorithm>

namespace cellard::actors {

using core::errc;

session_state::~session_state() {
  for (const auto& [handle, where] : spaces_) {
    caf::anon_send(where.opened.shard, leave_atom::value, setup_.who.id, every_handle);
    caf::anon_send(setup_.supervisor, leave_atom::value, where.opened.id);
  }
  if (setup_.sink) {
    setup_.sink->shut_down();
    setup_.counters->sessions.fetch_sub(1, std::memory_order_relaxed);
    caf::anon_send(setup_.stats, leave_atom::value, setup_.who.id);
  }
}

void session_state::start(session_setup what) {
  setup_ = std::move(what);
  setup_.sink->last_active.store(core::coarse_now(), std::memory_order_relaxed);
  apply(setup_.settings);
}

void session_state::apply(const config::snapshot& fresh) {
  setup_.settings = fresh;
  const std::chrono::steady_clock::duration slow = fresh->daemon.slow_request;
  setup_.sink->slow_after.store(slow.count() == 0 ? slow.max() : slow, std::memory_order_relaxed);
  for (const auto& [handle, where] : spaces_) {
    publish_route(handle);
  }
}

core::requester session_state::requester_of(const space& where, std::uint32_t handle) const {
  return {setup_.who.id, where.part, handle, (features_ & protocol::feature_errors) != 0};
}

void session_state::publish_route(std::uint32_t handle) {
  const space& where = spaces_.at(handle);
  const auto& limits = setup_.settings->limits;
  setup_.sink->set_route(
    handle, std::make_shared<route>(route{
              where.serial, false, where.opened.shard, requester_of(where, handle), where.salts,
              limits.keys_per_request, setup_.who.shared_memory, limits.lease_time}));
}

void session_state::leave_shard(const space& where, std::uint32_t handle) {
  // With a second handle on the same namespace the session stays.
  const auto handles = std::count_if(spaces_.begin(), spaces_.end(), [&](const auto& each) {
    return each.second.opened.id == where.opened.id;
  });
  self->send(where.opened.shard, leave_atom::value, setup_.who.id,
             handles == 1 ? every_handle : handle);
}

void session_state::serve(const inbound_ptr& from) {
  const auto op = static_cast<protocol::opcode>(from->header.op);
  if (from->problem) {
    refuse(*from, from->problem->code(), from->problem->context());
    return;
  }
  if (!greeted_ && op != protocol::opcode::hello) {
    refuse(*from, errc::not_open, "the first request of a connection is hello");
    return;
  }
  if (protocol::is_privileged(op) && !setup_.who.privileged) {
    refuse(*from, errc::permission_denied,
           fmt::format("{} is for root and the daemon's own user, not for uid {}",
                       protocol::to_string(op), setup_.who.uid));
    return;
  }
  // Leases come back with any request. A chain request takes those of its own namespace along
  // (on(chain_request)).
  if (!std::holds_alternative<protocol::chain_request>(from->body)) {
    give_back(*from, every_handle);
  }
  std::visit([&](const auto& request) { on(from, request); }, from->body);
}

void session_state::slow(slow_request what) {
  if (!setup_.slow) {
    return;
  }
  if (const auto known = spaces_.find(what.handle); known != spaces_.end()) {
    what.space = known->second.name;
  }
  what.tenant = setup_.who.tenant;
  what.uid = setup_.who.uid;
  what.pid = setup_.who.pid;
  setup_.slow(what);
}

void session_state::closed() {
  closed_ = true;
  // The supervisor counts this session in with its answer, so that has to be seen to be undone.
  if (opening_ == 0) {
    self->quit();
  }
}

bool session_state::few_enough(const inbound_ptr& from, std::size_t count) {
  const auto limit = setup_.settings->limits.keys_per_request;
  if (count > limit) {
    refuse(*from, errc::limit_reached,
           fmt::format("{} keys in one request, limits.keys_per_request is {}", count, limit));
  }
  return count <= limit;
}

session_state::space* session_state::find(const inbound_ptr& from, std::uint32_t handle,
                                          std::uint16_t salt) {
  const auto found = spaces_.find(handle);
  if (found == spaces_.end()) {
    refuse(*from, errc::not_open,
           fmt::format("namespace handle {} is not open on this connection", handle));
    return nullptr;
  }
  if (salt >= found->second.salts.size()) {
    refuse(*from, errc::not_found, fmt::format("salt handle {} was never given out", salt));
    return nullptr;
  }
  return &found->second;
}

write_call session_state::call_of(const inbound_ptr& from, const space& where,
                                  std::uint16_t salt) const {
  return {from, {setup_.who.id, where.part}, where.salts[salt], staging_};
}

void session_state::give_back(const inbound& from, std::uint32_t but) {
  std::unordered_map<std::uint32_t, std::vector<std::uint64_t>> by_handle;
  for (const std::uint64_t number : from.releases) {
    const auto [handle, id] = lease_number::split(number);
    if (handle != but) {
      by_handle[handle].push_back(id);
    }
  }
  for (auto& [handle, ids] : by_handle) {
    if (const auto where = spaces_.find(handle); where != spaces_.end()) {
      self->send(where->second.opened.shard, release_atom::value, setup_.who.id, std::move(ids));
    }
  }
}

void session_state::expect(const inbound_ptr& from) {
  const auto longest = setup_.settings->limits.request_deadline;
  const auto asked = std::chrono::microseconds(from->header.deadline_us);
  const auto until =
    std::chrono::steady_clock::now() + (asked.count() == 0 ? longest : std::min(asked, longest));
  deadlines_.push_back({from, until});
  wake_at(until);
}

bool session_state::still_expected(const inbound& from) {
  const auto found = std::find_if(deadlines_.begin(), deadlines_.end(),
                                  [&](const deadline& each) { return each.from.get() == &from; });
  if (found == deadlines_.end()) {
    from.settle();  // not before: a credit stands for work, not for an answer
    return false;
  }
  deadlines_.erase(found);
  return true;
}

void session_state::wake_at(time_point when) {
  if (when < armed_) {
    armed_ = when;
    setup_.sink->wake_at(when);
  }
}

void session_state::tick() {
  armed_ = time_point::max();
  const auto now = std::chrono::steady_clock::now();
  std::vector<deadline> late;
  std::erase_if(deadlines_, [&](const deadline& each) {
    if (each.until <= now) {
      late.push_back(each);
    }
    return each.until <= now;
  });
  for (const deadline& each : late) {
    setup_.counters->timed_out.fetch_add(1, std::memory_order_relaxed);
    const auto& header = each.from->header;
    const auto op = static_cast<protocol::opcode>(header.op);
    note_time(*each.from);
    send_reply(*setup_.sink, op, header.request_id,
               core::error(errc::timed_out, "the request's own deadline passed"));
  }
  for (const deadline& each : deadlines_) {
    wake_at(each.until);
  }
  auto& sink = *setup_.sink;
  // In this order: a get that comes meanwhile either finds the flag down and sets its own timer, or
  // its time is seen here.
  const bool may_hold = sink.may_hold_leases.exchange(false, std::memory_order_acq_rel);
  const auto silent_until =
    sink.last_active.load(std::memory_order_relaxed) + setup_.settings->limits.lease_time;
  if (may_hold && silent_until > now) {
    sink.may_hold_leases.store(true, std::memory_order_release);
    wake_at(silent_until);
  } else if (may_hold) {
    for (const auto& [handle, where] : spaces_) {
      self->request(where.opened.shard, caf::infinite, revoke_atom::value, setup_.who.id)
        .then(
          [this](std::uint32_t taken) {
            if (taken > 0) {
              setup_.sink->leases_lost.store(true, std::memory_order_release);
            }
            setup_.counters->leases_revoked.fetch_add(taken, std::memory_order_relaxed);
          },
          [](const caf::error&) {});
    }
  }
}

session_actor::behavior_type session(session_actor::stateful_pointer<session_state> self,
                                     session_setup what) {
  auto& state = self->state;
  state.start(std::move(what));
  self->set_exit_handler([self](const caf::exit_msg& why) { self->quit(why.reason); });
  return {
    [&state](request_atom, const inbound_ptr& from) { state.serve(from); },
    [&state](closed_atom) { state.closed(); },
    [&state](slow_atom, const slow_request& late) { state.slow(late); },
    [&state](tick_atom) { state.tick(); },
    [&state](apply_atom, const config::snapshot& fresh) { state.apply(fresh); },
  };
}

}  // namespace cellard::actors
