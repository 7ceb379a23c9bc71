// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The shard's life, and requests of sessions that end in the same turn. Chains are in
// shard_chains.cpp, writes in shard_writes.cpp, memory in shard_memory.cpp.
#include "actors/shard.hpp"

#include "core/coarse_clock.hpp"

#include <algorithm>

namespace cellard::actors {
namespace {

constexpr std::chrono::milliseconds tick_period{1000};
constexpr std::uint32_t most_listed = 256;
constexpr std::uint64_t longest_age_ms = 315'360'000'000;  // ten years

std::chrono::milliseconds to_ms(config::duration time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time);
}

time_point now() {
  return std::chrono::steady_clock::now();
}

}  // namespace

core::shard_limits shard_state::limits() const {
  const auto& from = setup_.settings->limits;
  core::shard_limits limits;
  limits.leases = from.leases;
  limits.pins = from.pins;
  limits.salts = from.salts;
  limits.pin_time = to_ms(from.pin_time);
  limits.reservation_time = to_ms(from.reservation_time);
  limits.partial_time = to_ms(from.partial_time);
  limits.tell_lacking = setup_.settings->statistics.forecast_memory > 0;
  limits.max_age = std::chrono::milliseconds(std::min(setup_.max_age_ms, longest_age_ms));
  return limits;
}

void shard_state::start(shard_setup what) {
  setup_ = std::move(what);
  core::shard::options options;
  options.id = setup_.what.id;
  options.shape = setup_.what.shape;
  options.max_blocks = setup_.settings->limits.blocks;
  options.secret = setup_.secret;
  options.limits = limits();
  options.counters = setup_.what.counters;
  core = std::make_unique<core::shard>(std::move(options));
  const std::uint64_t granule = core->memory().granule_bytes();
  block_cost_ = (core->shape().block_bytes() + granule - 1) / granule * granule;
  choose_codec();
  segments_ = std::make_shared<const std::vector<segment_entry>>();
  // The first put should find room: its pages are made present while the client computes.
  ask_segment(false);
}

void shard_state::release(session_id who, const std::vector<std::uint64_t>& leases) {
  core->release(who, leases);
  after_request();
}

std::uint32_t shard_state::revoke(session_id who) {
  const auto taken = core->revoke(who);
  retry_waiting();
  after_request();
  return taken;
}

core::result<read_answer> shard_state::read(const write_call& call) {
  const auto& request = std::get<protocol::read_request>(call.from->body);
  auto found = core->find(call.who, call.salt, request.key, request.generation == 0);
  after_request();
  if (!found) {
    return tl::unexpected<core::error>(std::move(found).error());
  }
  if (request.generation != 0 && request.generation != found->generation) {
    return core::fail(core::errc::gone, "read: the block was stored anew since its first piece");
  }
  return read_answer{*found, segments_};
}

list_page shard_state::list(std::uint64_t cursor, std::uint32_t limit) const {
  list_page page;
  page.next = core->list(cursor, std::clamp<std::uint32_t>(limit, 1, most_listed), page.blocks);
  return page;
}

caf::result<std::uint32_t> shard_state::corrupt(const write_call& call) {
  reply<std::uint32_t> answer(self->make_response_promise<std::uint32_t>(), 0);
  const auto key = std::get<protocol::corrupt_request>(call.from->body).key;
  const auto where = core->find(call.who, call.salt, key, false);
  if (!where) {
    answer.deliver(0);
    return caf::delegated<std::uint32_t>{};
  }
  // A worker reads the block: it may be large, and the client that says so may be wrong.
  self
    ->request(setup_.copiers.front(), caf::infinite, corrupt_atom::value,
              core->memory().find_segment(where->segment), where->offset, where->length)
    .then(
      [this, answer, key, call, seen = *where](std::uint64_t checksum) mutable {
        const auto now_there = core->find(call.who, call.salt, key, false);
        if (checksum == seen.checksum || !now_there || *now_there != seen) {
          answer.deliver(0);
          return;
        }
        core->counters().corrupt.add();
        answer.deliver(core->remove(call.salt, core::key_span{&key, 1}));
        after_request();
      },
      [answer](const caf::error&) mutable { answer.deliver(0); });
  return caf::delegated<std::uint32_t>{};
}

core::result<std::uint16_t> shard_state::join(session_id who, std::uint32_t handle,
                                              const std::string& salt) {
  auto number = core->salt_number(salt);
  if (number) {
    sent_.begin(who, handle);
  }
  return number;
}

void shard_state::leave(session_id who, std::uint32_t handle) {
  if (handle != every_handle) {
    sent_.forget(who, handle);
    core->revoke(who, handle);
  } else {
    sent_.forget(who);
    core->session_down(who);
  }
  retry_waiting();
  after_request();
}

std::uint32_t shard_state::clear() {
  const auto dropped = core->clear();
  after_request();
  return dropped;
}

void shard_state::apply(const config::snapshot& fresh) {
  setup_.settings = fresh;
  core->set_limits(limits());
  choose_codec();
}

void shard_state::after_request() {
  core->counters().granted_bytes.set(core->memory().granted_bytes());
  core->counters().used_bytes.set(core->memory().used_bytes());
  if (auto events = core->take_events(core::coarse_now());
      !events.empty() || !events.lacking.empty()) {
    remember_fresh(events);
    self->send(setup_.order, record_atom::value, std::move(events));
  }
  if (auto jobs = core->take_scrubs(); !jobs.empty()) {
    overwrite(std::move(jobs), nullptr);  // their leases, or their puts, have ended
  }
  arm_tick();
}

void shard_state::arm_tick() {
  if (!ticking_ && (core->needs_tick() || retiring_ || ask_again_)) {
    ticking_ = true;
    self->delayed_send(self, tick_period, tick_atom::value);
  }
}

void shard_state::tick() {
  ticking_ = false;
  core->tick(now());
  ask_again(now());
  step_retirement();
  retry_waiting();
  after_request();
}

shard_actor::behavior_type shard(shard_actor::stateful_pointer<shard_state> self,
                                 shard_setup what) {
  auto& state = self->state;
  state.start(std::move(what));
  self->set_exit_handler([&state, self](const caf::exit_msg& why) {
    state.punch_all();
    self->quit(why.reason);
  });
  return {
    [&state](chain_atom, const chain_call& call) { state.serve(call); },
    [&state](scrub_atom, const chain_call& call) { return state.scrub(call); },
    [&state](release_atom, session_id who, const std::vector<std::uint64_t>& leases) {
      state.release(who, leases);
    },
    [&state](revoke_atom, session_id who) { return state.revoke(who); },
    [&state](reserve_atom, const write_call& call) { return state.reserve(call); },
    [&state](put_atom, const write_call& call) { return state.put(call); },
    [&state](commit_atom, const write_call& call) { return state.commit(call); },
    [&state](abort_atom, const write_call& call) { return state.abort(call); },
    [&state](read_atom, const write_call& call) { return state.read(call); },
    [&state](list_atom, std::uint64_t from, std::uint32_t limit) {
      return state.list(from, limit);
    },
    [&state](join_atom, session_id who, std::uint32_t handle, const std::string& salt) {
      return state.join(who, handle, salt);
    },
    [&state](salt_atom, const std::string& salt) { return state.core->salt_number(salt); },
    [&state](corrupt_atom, const write_call& call) { return state.corrupt(call); },
    [&state](leave_atom, session_id who, std::uint32_t handle) { state.leave(who, handle); },
    [&state](clear_atom) { return state.clear(); },
    [&state](tick_atom) { state.tick(); },
    [&state](segment_atom, const std::shared_ptr<core::segment>& fresh) {
      state.take_segment(fresh);
    },
    [&state](denied_atom, bool by_kernel) { state.denied(by_kernel); },
    [&state](room_atom) { state.room(); },
    [&state](retire_atom) { state.retire(); },
    [&state](encode_atom, const encoder_actor& quantizer, const encoder_actor& compressor) {
      state.take_encoders(quantizer, compressor);
    },
    [&state](apply_atom, const config::snapshot& fresh) { state.apply(fresh); },
  };
}

}  // namespace cellard::actors
