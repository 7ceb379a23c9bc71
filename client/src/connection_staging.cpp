// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The connection's part in writing: asking for a staging area, and taking it when it comes late.
#include "client/src/connection.hpp"
#include "protocol/fields.hpp"

#include <algorithm>

namespace cellard::library {

using core::errc;
using core::fail;
using core::ok_t;
using protocol::opcode;

namespace {

constexpr std::uint64_t usual_area = 8U << 20;

}  // namespace

core::result<ok_t> connection::ensure_staging(std::uint64_t wanted, std::uint64_t least,
                                              const deadline& until) {
  CELLARD_TRY(await_late_staging(until));
  const auto most = std::max<std::uint64_t>(server_.staging_bytes, 1);
  const auto bytes = std::min(std::max(wanted, usual_area), most);
  // A daemon that gave less than it was asked for has little left: it is not asked again.
  const auto enough = [&] {
    return staging->size() >= bytes || (staging->size() >= least && staging_asked_ >= bytes);
  };
  if (staging != nullptr && (staging->in_use() || enough())) {
    return ok_t{};
  }
  const bool may_be_less = (server_.features & protocol::feature_least) != 0;
  auto made = request_staging(bytes, may_be_less ? std::min(least, bytes) : 0, until);
  if (made || made.error().code() != errc::limit_reached) {
    return made;
  }
  // The staging memory of all sessions is used up. What there is has to do, or the least that is of
  // use.
  return staging != nullptr ? ok_t{} : request_staging(std::min(wanted, usual_area), 0, until);
}

core::result<ok_t> connection::request_staging(std::uint64_t bytes, std::uint64_t least,
                                               const deadline& until) {
  staging_asked_ = bytes;  // the answer may come late, too
  const auto reply = exchange(protocol::stage_request{bytes, least}, 0, until);
  CELLARD_TRY(reply);
  if (auto adopted = adopt_staging(*reply); !adopted) {
    return reply->frame.header.status == 0 ? lose(std::move(adopted).error()) : adopted;
  }
  return ok_t{};
}

core::result<ok_t> connection::adopt_staging(const answer& reply) {
  const auto body = protocol::decode_reply<protocol::stage_reply>(reply.frame);
  CELLARD_TRY(body);
  if (reply.passed.size() > 1) {
    return fail(errc::bad_frame, "a stage reply carries {} descriptors", reply.passed.size());
  }
  std::shared_ptr<const mapping> bytes;
  if (!reply.passed.empty()) {
    auto mapped = mapping::make(reply.passed[0], body->bytes, mapping::access::read_write);
    if (!mapped && mapped.error().code() != errc::out_of_memory) {
      return tl::unexpected<core::error>(std::move(mapped).error());
    }
    bytes = mapped ? std::move(*mapped) : nullptr;  // not mappable here: written through the socket
  }
  staging = std::make_shared<staging_area>(body->bytes, std::move(bytes));
  return ok_t{};
}

/// While the answer to a stage request is missing nobody knows which area offsets refer to.
bool connection::staging_settled() const noexcept {
  return std::none_of(abandoned_.begin(), abandoned_.end(),
                      [](const abandoned& request) { return request.op == opcode::stage; });
}

core::result<ok_t> connection::await_late_staging(const deadline& until) {
  while (!staging_settled()) {
    const auto late = receive(until, true);
    if (!late && late.error().code() == errc::timed_out) {
      return tl::unexpected<core::error>(late.error());
    }
    auto handled = late ? handle_late(*late) : tl::unexpected<core::error>(late.error());
    if (!handled) {
      return lose(std::move(handled).error());
    }
  }
  return ok_t{};
}

}  // namespace cellard::library
