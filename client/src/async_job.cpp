// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "client/src/async_job.hpp"

#include <algorithm>

namespace cellard::library {

using maybe_request = std::optional<protocol::request>;

core::result<maybe_request> job::next(connection& link, const surroundings& others) {
  at_ = step::waiting;
  if (!link.spaces.contains(space_->id)) {
    if (others.opening) {
      return maybe_request{};
    }
    at_ = step::opening;
    return maybe_request{space_->opening()};
  }
  if (takes_room()) {
    if (others.staging) {
      return maybe_request{};
    }
    if (const auto wanted = room_wanted(link); wanted > 0) {
      at_ = step::staging;
      return maybe_request{protocol::stage_request{wanted}};
    }
  }
  auto work = next_work(link);
  CELLARD_TRY(work);
  if (*work) {
    at_ = step::working;
  }
  return work;
}

core::result<bool> job::take(connection& link, const answer& reply) {
  const auto asked = std::exchange(at_, step::waiting);
  if (asked == step::opening) {
    const auto opened = link.decoded<protocol::open_reply>(reply);
    CELLARD_TRY(opened);
    CELLARD_TRY(space_->opened_on(link, *opened));
    return false;
  }
  if (asked == step::staging) {
    CELLARD_TRY(room_taken(link, reply));
    return false;
  }
  return take_work(link, reply);
}

core::key_span job::piece(const connection& link, std::size_t at) const noexcept {
  return keys().subspan(at, std::min(keys_.size() - at, link.keys_per_request()));
}

}  // namespace cellard::library
