// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Which segments of a namespace a client has been sent, by handle: a descriptor travels once, with
// the first answer that names a block in its segment. Segment numbers are never used twice within a
// namespace. Belongs to the shard and is used on its turns.
#pragma once

#include "core/lease_table.hpp"

#include <cstdint>
#include <unordered_map>
#include <vector>

namespace cellard::actors {

class sent_segments {
public:
  /// The handle was opened.
  void begin(core::session_id who, std::uint32_t handle) { sent_[who][handle].clear(); }

  /// By segment number; beyond its end: not sent. Null when the handle is not open (any more).
  [[nodiscard]] std::vector<bool>* of(core::session_id who, std::uint32_t handle) {
    const auto known = sent_.find(who);
    if (known == sent_.end()) {
      return nullptr;
    }
    const auto bits = known->second.find(handle);
    return bits == known->second.end() ? nullptr : &bits->second;
  }

  /// The handle was closed.
  void forget(core::session_id who, std::uint32_t handle) {
    if (const auto known = sent_.find(who); known != sent_.end()) {
      known->second.erase(handle);
    }
  }
  /// The session has left the namespace.
  void forget(core::session_id who) { sent_.erase(who); }

private:
  std::unordered_map<core::session_id, std::unordered_map<std::uint32_t, std::vector<bool>>> sent_;
};

}  // namespace cellard::actors
