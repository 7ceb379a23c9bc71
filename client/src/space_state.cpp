// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "client/src/space_state.hpp"

namespace cellard::library {

using core::errc;
using core::fail;
using core::ok_t;

core::result<ok_t> space_state::open_on(connection& link, const deadline& until) const {
  if (link.spaces.contains(id)) {
    return ok_t{};
  }
  protocol::open_request request;
  request.name = name;
  request.kv_group = kv_group;
  request.part = part;
  request.layout = layout;
  request.salt = salt;
  request.max_age_ms = max_age_ms;
  const auto reply = link.call<protocol::open_reply>(request, id, until);
  CELLARD_TRY(reply);
  if (reply->block_bytes != block_bytes) {
    return fail(errc::layout_mismatch,
                "namespace '{}': the daemon's blocks have {} bytes, this layout's have {}", name,
                reply->block_bytes, block_bytes);
  }
  auto& opened = link.spaces[id];
  opened.handle = reply->space;
  opened.verify_always = reply->verify == protocol::verify_always;
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
