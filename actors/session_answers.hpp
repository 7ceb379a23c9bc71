// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The part of session_state that all of its files share: how an answer becomes a frame. Included by
// session*.cpp only.
#pragma once

#include "actors/session.hpp"

namespace cellard::actors {

template <class Body>
void session_state::send_frame(const inbound& from, const Body& body,
                               std::span<const int> descriptors, std::shared_ptr<const void> keep) {
  // One buffer a thread: the frame is in the socket, or copied by the sink, when send returns.
  thread_local std::vector<std::byte> buffer;
  buffer.clear();
  protocol::writer out{buffer};
  protocol::reply_context context;
  context.op = static_cast<protocol::opcode>(from.header.op);
  context.request_id = from.header.request_id;
  context.descriptors = static_cast<std::uint32_t>(descriptors.size());
  context.flags = static_cast<std::uint8_t>(
    (leases_lost_ ? protocol::leases_lost : 0)
    | (setup_.counters->draining.load(std::memory_order_relaxed) ? protocol::draining : 0));
  leases_lost_ = false;
  encode(out, context, body);
  if (std::chrono::steady_clock::now() - from.arrived > setup_.settings->daemon.slow_request) {
    setup_.counters->slow_requests.fetch_add(1, std::memory_order_relaxed);
  }
  setup_.sink->send(buffer, descriptors, std::move(keep));
}

template <class Body>
void session_state::answer(const inbound& from, const Body& body, std::span<const int> descriptors,
                           std::shared_ptr<const void> keep) {
  send_frame(from, body, descriptors, std::move(keep));
  setup_.sink->done();
}

inline auto session_state::gone(const inbound_ptr& from) {
  return [this, from](const caf::error&) {
    if (still_expected(*from)) {
      refuse(*from, core::errc::shutting_down, "the namespace or the daemon is ending");
    }
  };
}

}  // namespace cellard::actors
