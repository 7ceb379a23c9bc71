// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// How an answer becomes a frame. Whoever serves a request calls `answer` or `refuse` once.
#pragma once

#include "actors/inbound.hpp"
#include "core/coarse_clock.hpp"
#include "protocol/replies.hpp"

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace cellard::actors {

/// Sends a reply to a request that may stay unsettled: its deadline has passed, its work goes on.
template <class Body>
void send_reply(reply_sink& to, protocol::opcode op, std::uint32_t request_id, const Body& body,
                std::span<const int> descriptors = {}, std::shared_ptr<const void> keep = nullptr) {
  // One buffer a thread: the frame is in the socket, or copied by the sink, when send returns.
  thread_local std::vector<std::byte> buffer;
  buffer.clear();
  protocol::writer out{buffer};
  protocol::reply_context context;
  context.op = op;
  context.request_id = request_id;
  context.descriptors = static_cast<std::uint32_t>(descriptors.size());
  const bool lost = to.leases_lost.load(std::memory_order_relaxed)
                    && to.leases_lost.exchange(false, std::memory_order_acq_rel);
  const bool draining = to.counters().draining.load(std::memory_order_relaxed);
  context.flags = static_cast<std::uint8_t>((lost ? protocol::leases_lost : 0)
                                            | (draining ? protocol::draining : 0));
  encode(out, context, body);
  to.send(buffer, descriptors, std::move(keep));
}

/// Counts the request as slow, and tells its session.
void report_slow(const inbound& from, std::chrono::steady_clock::duration took);

/// Once a request, when it is answered.
inline void note_time(const inbound& from) {
  const auto took = core::coarse_now() - from.arrived;
  if (took > from.to->slow_after.load(std::memory_order_relaxed)) {
    report_slow(from, took);
  }
}

/// Sends the reply and gives the request's credit back.
template <class Body>
void answer(const inbound& from, const Body& body, std::span<const int> descriptors = {},
            std::shared_ptr<const void> keep = nullptr) {
  auto& to = *from.to;
  note_time(from);
  send_reply(to, static_cast<protocol::opcode>(from.header.op), from.header.request_id, body,
             descriptors, std::move(keep));
  from.settle();
}

/// Answers with an error that is the client's own doing, or the daemon's end.
inline void refuse(const inbound& from, core::errc code, std::string why) {
  from.to->counters().bad_requests.fetch_add(1, std::memory_order_relaxed);
  answer(from, core::error(code, std::move(why)));
}

}  // namespace cellard::actors
