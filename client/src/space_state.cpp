// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "client/src/space_state.hpp"

#include "protocol/fields.hpp"

namespace cellard::library {

using core::errc;
using core::fail;
using core::ok_t;

core::result<ok_t> space_state::adopt_existing(const deadline& until) {
  auto entered = client->enter(until);
  CELLARD_TRY(entered);
  auto& link = **entered;
  if ((link.server().features & protocol::feature_existing) == 0) {
    return fail(errc::unsupported_version,
                "{} opens no namespace without its layout; give the layout, or use a newer daemon",
                link.server().server);
  }
  protocol::open_request request;
  request.name = name;
  request.kv_group = kv_group;
  request.part = part;
  request.salt = salt;
  request.existing = true;
  auto reply = link.call<protocol::open_reply>(request, id, until);
  CELLARD_TRY(reply);
  if (!reply->layout || !reply->layout->check(largest_block)
      || reply->layout->block_bytes() != reply->block_bytes || part >= reply->layout->parts) {
    return link.lose({errc::bad_frame, "the daemon's layout of the namespace makes no sense"});
  }
  layout = std::move(*reply->layout);
  max_age_ms = reply->max_age_ms;
  block_bytes = reply->block_bytes;
  link.spaces[id] = {reply->space, reply->verify == protocol::verify_always, {}};
  return ok_t{};
}

core::result<ok_t> space_state::open_on(connection& link, const deadline& until) const {
  if (link.spaces.contains(id)) {
    return ok_t{};
  }
  const auto reply = link.call<protocol::open_reply>(opening(), id, until);
  CELLARD_TRY(reply);
  return opened_on(link, *reply);
}

protocol::open_request space_state::opening() const {
  protocol::open_request request;
  request.name = name;
  request.kv_group = kv_group;
  request.part = part;
  request.layout = layout;
  request.salt = salt;
  request.max_age_ms = max_age_ms;
  return request;
}

core::result<ok_t> space_state::opened_on(connection& link,
                                          const protocol::open_reply& reply) const {
  if (reply.block_bytes != block_bytes) {
    return fail(errc::layout_mismatch,
                "namespace '{}': the daemon's blocks have {} bytes, this layout's have {}", name,
                reply.block_bytes, block_bytes);
  }
  auto& opened = link.spaces[id];
  opened.handle = reply.space;
  opened.verify_always = reply.verify == protocol::verify_always;
  return ok_t{};
}

void space_state::close() const {
  if (!client->usable()) {
    return;
  }
  const auto until = client->start();
  auto entered = client->enter_connected(until);
  if (!entered) {
    return;
  }
  auto& link = **entered;
  if (const auto opened = link.spaces.find(id); opened != link.spaces.end()) {
    link.post(protocol::close_request{opened->second.handle});
    link.spaces.erase(opened);
  }
}

}  // namespace cellard::library
