// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Requests about chains, which the shard answers to the client itself (docs/adr/0010): lookup, get,
// touch, prefetch, remove, pin, unpin.
#include "actors/answer.hpp"
#include "actors/lease_number.hpp"
#include "actors/shard.hpp"

#include <algorithm>

namespace cellard::actors {
namespace {

protocol::match_reply reply_of(const core::match& found) {
  return {found.matched, found.ready, found.loading};
}

}  // namespace

void shard_state::serve(const chain_call& call) {
  take_back(call);
  const auto& request = call.request();
  switch (request.op) {
  case protocol::opcode::lookup:
    answer(*call.from, reply_of(core->lookup(call.salt, request.keys)));
    break;
  case protocol::opcode::touch:
  case protocol::opcode::prefetch:
    answer(*call.from, reply_of(core->touch(call.salt, request.keys)));
    break;
  case protocol::opcode::get:
    get(call);
    break;
  default:
    answer(*call.from, protocol::count_reply{change(call)});
    retry_waiting();
  }
  after_request();
}

/// Of the leases that came with the request, those of its own handle.
void shard_state::take_back(const chain_call& call) {
  returned_.clear();
  for (const std::uint64_t number : call.from->releases) {
    const auto [handle, id] = lease_number::split(number);
    if (handle == call.request().space) {
      returned_.push_back(id);
    }
  }
  core->release(call.who.session, returned_);
}

std::uint32_t shard_state::change(const chain_call& call) {
  const auto& request = call.request();
  switch (request.op) {
  case protocol::opcode::remove:
    return core->remove(call.salt, request.keys);
  case protocol::opcode::pin:
    return core->pin(call.salt, request.keys, std::chrono::milliseconds(request.argument),
                     std::chrono::steady_clock::now());
  default:
    return core->unpin(call.salt, request.keys);
  }
}

void shard_state::get(const chain_call& call) {
  const auto handle = call.request().space;
  auto* sent = sent_.of(call.who.session, handle);
  if (sent == nullptr) {  // nobody would give the lease back
    refuse(*call.from, core::errc::not_open, "get: the namespace was closed meanwhile");
    return;
  }
  auto found = core->get(call.who, call.salt, call.request().keys);
  if (!found) {
    refuse(*call.from, found.error().code(), found.error().context());
    return;
  }
  protocol::get_reply reply;
  reply.matched = found->counts.matched;
  reply.ready = found->counts.ready;
  reply.loading = found->counts.loading;
  reply.lease = found->lease == 0 ? 0 : lease_number::join(handle, found->lease);
  reply.places = std::move(found->places);
  reply.errors = std::move(found->errors);
  std::vector<int> descriptors;
  introduce_segments(*sent, reply, descriptors);
  answer(*call.from, reply, descriptors, descriptors.empty() ? nullptr : segments_);
}

/// Adds the segments that the client does not have yet.
void shard_state::introduce_segments(std::vector<bool>& sent, protocol::get_reply& reply,
                                     std::vector<int>& descriptors) const {
  for (const auto& place : reply.places) {
    if (place.segment < sent.size() && sent[place.segment]) {
      continue;
    }
    if (descriptors.size() == protocol::max_descriptors) {
      // The rest of the match comes with the next get, whose segments are fewer by these.
      reply.places.resize(static_cast<std::size_t>(&place - reply.places.data()));
      reply.ready = static_cast<std::uint32_t>(reply.places.size());
      reply.errors.resize(std::min(reply.errors.size(), reply.places.size()));
      return;
    }
    for (const auto& each : *segments_) {
      if (each.info.segment == place.segment) {
        reply.new_segments.push_back(each.info);
        descriptors.push_back(each.memory->read_only_descriptor());
      }
    }
    sent.resize(std::max<std::size_t>(sent.size(), place.segment + std::size_t{1}));
    sent[place.segment] = true;
  }
}

}  // namespace cellard::actors
