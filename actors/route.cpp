// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "actors/route.hpp"

#include "actors/lease_number.hpp"

#include <algorithm>
#include <variant>

namespace cellard::actors {

void route_table::set(std::uint32_t handle, route_ptr way) {
  if (handle >= by_handle_.size()) {
    by_handle_.resize(handle + std::size_t{1});
  }
  entry& known = by_handle_[handle];
  if (way->serial <= known.ended || (known.way != nullptr && way->serial < known.way->serial)) {
    return;
  }
  if (way->ended) {
    known = {nullptr, way->serial};
  } else {
    known.way = std::move(way);
  }
}

void route_table::end(std::uint32_t handle) {
  if (handle < by_handle_.size() && by_handle_[handle].way != nullptr) {
    by_handle_[handle] = {nullptr, by_handle_[handle].way->serial};
  }
}

const route* route_table::of(const inbound& from) const {
  const auto* request = std::get_if<protocol::chain_request>(&from.body);
  if (request == nullptr || from.problem || request->space >= by_handle_.size()) {
    return nullptr;
  }
  const route* way = by_handle_[request->space].way.get();
  if (way == nullptr || request->salt >= way->salts.size() || request->flags != 0
      || request->keys.size() > way->most_keys
      || (request->op == protocol::opcode::get && !way->may_get)) {
    return nullptr;
  }
  const bool carries_others =
    std::any_of(from.releases.begin(), from.releases.end(), [&](std::uint64_t number) {
      return lease_number::split(number).first != request->space;
    });
  return carries_others ? nullptr : way;
}

}  // namespace cellard::actors
