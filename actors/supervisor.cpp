// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "actors/supervisor.hpp"

#include <algorithm>

#include <fnmatch.h>

namespace cellard::actors {

using core::errc;
using core::fail;

void supervisor_state::start(supervisor_setup what) {
  setup_ = std::move(what);
  secret_ = core::hash_secret::random();
  self->monitor(setup_.memory);
  self->monitor(setup_.order);
  for (const auto& copier : setup_.copiers) {
    self->monitor(copier);
  }
  quantizer_ = begin_encoder();
  compressor_ = begin_encoder();
}

encoder_actor supervisor_state::begin_encoder() {
  auto fresh = setup_.make_encoder();
  self->monitor(fresh);
  self->send(fresh, apply_atom::value, setup_.settings);
  return fresh;
}

void supervisor_state::restart_encoder(encoder_actor& which, const char* named) {
  setup_.restarted(fmt::format(
    "the {} has died and was started again; the blocks that it had stay as they are", named));
  which = begin_encoder();
  for (const auto& [who, each] : residents_) {
    self->send(each.shard, encode_atom::value, quantizer_, compressor_);
  }
}

core::result<opened_space> supervisor_state::open(const open_call& call) {
  const identity who{call.tenant, call.name, call.kv_group};
  const auto known = residents_.find(who);
  if (call.existing && known == residents_.end()) {
    return fail(errc::not_found,
                "open: there is no namespace '{}' with group {}; an open with its layout makes it",
                call.name, call.kv_group);
  }
  if (call.existing) {
    return enter(known->second);
  }
  CELLARD_TRY(call.shape.check(setup_.settings->limits.block_bytes));
  if (known == residents_.end()) {
    return create(who, call);
  }
  resident& here = known->second;
  const auto difference = here.what.shape.difference(call.shape);
  if (difference.empty()) {
    return enter(here);
  }
  if (here.sessions > 0 || here.what.counters->blocks.get() > 0) {
    return fail(errc::layout_mismatch,
                "open: namespace '{}' exists with another layout: {}; use another name, or delete "
                "it with cellarctl namespaces rm",
                call.name, difference);
  }
  end(known);
  return create(who, call);
}

opened_space supervisor_state::enter(resident& here) {
  ++here.sessions;
  const core::layout& shape = here.what.shape;
  return {here.shard, here.what.id, false, shape.block_bytes(), shape, here.max_age_ms};
}

core::result<opened_space> supervisor_state::create(const identity& who, const open_call& call) {
  const auto limit = setup_.settings->limits.namespaces;
  if (residents_.size() >= limit) {
    std::string idle;
    for (const auto& [key, each] : residents_) {
      if (each.sessions == 0 && std::get<0>(key) == call.tenant) {
        idle += (idle.empty() ? "" : ", ") + each.what.name;
      }
    }
    return fail(errc::limit_reached,
                "open: there are limits.namespaces ({}) namespaces; idle ones of yours: {}", limit,
                idle.empty() ? "none" : idle);
  }
  shard_setup what;
  what.what = {next_id_++,    call.tenant, call.name,
               call.kv_group, call.shape,  std::make_shared<core::shard_counters>()};
  what.secret = secret_;
  what.max_age_ms = max_age_of(call);
  what.settings = setup_.settings;
  what.memory = setup_.memory;
  what.order = setup_.order;
  what.copiers = setup_.copiers;
  what.housekeeper = setup_.housekeeper;
  what.quantizer = quantizer_;
  what.compressor = compressor_;
  what.counters = setup_.counters;
  const space_description description = what.what;
  // The memory manager has to know the shard before it hears of the shard's first wish, so it is
  // told by the same actor that spawns it: the shard asks in its first turn, which comes after this
  // one.
  const auto shard = self->spawn(actors::shard, std::move(what));
  self->monitor(shard);
  self->send(setup_.memory, join_atom::value, description, shard);
  self->send(setup_.order, join_atom::value, description);
  self->send(setup_.stats, join_atom::value, description);
  residents_[who] = {description, shard, 1, call.max_age_ms};
  return opened_space{
    shard,          description.id, true, description.shape.block_bytes(), description.shape,
    call.max_age_ms};
}

std::uint64_t supervisor_state::max_age_of(const open_call& call) const {
  std::uint64_t age = call.max_age_ms;
  for (const auto& each : setup_.settings->quotas) {
    if (fnmatch(each.name_space.c_str(), call.name.c_str(), 0) == 0
        && (each.tenant.empty() || fnmatch(each.tenant.c_str(), call.tenant.c_str(), 0) == 0)) {
      const auto limit = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(each.max_age).count());
      return limit == 0 ? age : age == 0 ? limit : std::min(age, limit);
    }
  }
  return age;
}

void supervisor_state::leave(space_id space) {
  for (auto& [who, each] : residents_) {
    if (each.what.id == space && each.sessions > 0) {
      --each.sessions;
    }
  }
}

core::result<std::uint32_t>
supervisor_state::forget(const std::string& tenant, const std::string& space, std::uint32_t group) {
  const auto known = residents_.find(identity{tenant, space, group});
  if (known == residents_.end()) {
    return fail(errc::not_found, "forget: there is no namespace '{}' with group {}", space, group);
  }
  if (known->second.sessions > 0) {
    return fail(errc::busy, "forget: namespace '{}' is open in {} sessions", space,
                known->second.sessions);
  }
  const auto blocks = static_cast<std::uint32_t>(known->second.what.counters->blocks.get());
  end(known);
  return blocks;
}

void supervisor_state::end(std::map<identity, resident>::iterator which) {
  const resident gone = which->second;
  residents_.erase(which);  // before its death is noticed, so that it is no surprise
  self->send_exit(gone.shard, caf::exit_reason::user_shutdown);
  self->send(setup_.memory, forget_atom::value, gone.what.id);
  self->send(setup_.order, forget_atom::value, gone.what.id);
  self->send(setup_.stats, forget_atom::value, gone.what.id);
}

void supervisor_state::end_all() {
  while (!residents_.empty()) {
    end(residents_.begin());
  }
  self->send_exit(quantizer_, caf::exit_reason::user_shutdown);
  self->send_exit(compressor_, caf::exit_reason::user_shutdown);
  quantizer_ = nullptr;
  compressor_ = nullptr;
}

caf::result<std::uint32_t> supervisor_state::clear() {
  struct gathering {
    std::size_t left = 0;
    std::uint32_t dropped = 0;
  };
  auto sum = std::make_shared<gathering>();
  auto promise = self->make_response_promise<std::uint32_t>();
  reply<std::uint32_t> answer(promise, 0);
  sum->left = residents_.size();
  if (sum->left == 0) {
    answer.deliver(0);
  }
  for (const auto& [who, each] : residents_) {
    auto one_done = [sum, answer](std::uint32_t dropped) mutable {
      sum->dropped += dropped;
      if (--sum->left == 0) {
        answer.deliver(sum->dropped);
      }
    };
    self->request(each.shard, caf::infinite, clear_atom::value)
      .then(one_done, [one_done](const caf::error&) mutable { one_done(0U); });
  }
  return caf::delegated<std::uint32_t>{};
}

void supervisor_state::apply(const config::snapshot& fresh) {
  setup_.settings = fresh;
  self->send(quantizer_, apply_atom::value, fresh);
  self->send(compressor_, apply_atom::value, fresh);
  for (const auto& [who, each] : residents_) {
    self->send(each.shard, apply_atom::value, fresh);
  }
}

void supervisor_state::died(const caf::down_msg& who) {
  if (who.source == setup_.memory.address() || who.source == setup_.order.address()) {
    setup_.fatal("the memory manager or the eviction actor has died; its state cannot be rebuilt");
  }
  for (const auto& copier : setup_.copiers) {
    if (who.source == copier.address()) {
      setup_.fatal("a copy worker has died; puts that it had are neither stored nor refused");
    }
  }
  if (quantizer_ && who.source == quantizer_.address()) {
    restart_encoder(quantizer_, "quantizer");
  } else if (compressor_ && who.source == compressor_.address()) {
    restart_encoder(compressor_, "compressor");
  }
  for (const auto& [key, each] : residents_) {
    if (who.source == each.shard.address()) {
      setup_.fatal(fmt::format(
        "the shard of namespace '{}' has died; clients hold parts of its state", each.what.name));
    }
  }
}

supervisor_actor::behavior_type
supervisor(supervisor_actor::stateful_pointer<supervisor_state> self, supervisor_setup what) {
  auto& state = self->state;
  state.start(std::move(what));
  self->set_exit_handler([&state, self](const caf::exit_msg& why) {
    state.end_all();
    self->quit(why.reason);
  });
  self->set_down_handler([&state](const caf::down_msg& who) { state.died(who); });
  return {
    [&state](open_atom, const open_call& call) { return state.open(call); },
    [&state](leave_atom, space_id space) { state.leave(space); },
    [&state](forget_atom, const std::string& tenant, const std::string& name, std::uint32_t group) {
      return state.forget(tenant, name, group);
    },
    [&state](clear_atom) { return state.clear(); },
    [&state](drain_atom) { state.drain(); },
    [&state](apply_atom, const config::snapshot& fresh) { state.apply(fresh); },
  };
}

}  // namespace cellard::actors
