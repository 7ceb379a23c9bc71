// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "core/lease_table.hpp"

#include <algorithm>

namespace cellard::core {

std::uint64_t lease_table::take(session_id who, node_id deepest, std::uint32_t generation,
                                std::uint32_t blocks, std::uint32_t handle) {
  holder& mine = holders_[who];
  mine.leases.emplace(next_, lease{next_, deepest, generation, blocks, handle});
  mine.blocks += blocks;
  ++count_;
  return next_++;
}

std::optional<lease> lease_table::give_back(session_id who, std::uint64_t id) {
  const auto mine = holders_.find(who);
  if (mine == holders_.end()) {
    return std::nullopt;
  }
  const auto found = mine->second.leases.find(id);
  if (found == mine->second.leases.end()) {
    return std::nullopt;
  }
  const lease given = found->second;
  mine->second.leases.erase(found);
  mine->second.blocks -= given.blocks;
  --count_;
  return given;
}

std::vector<lease> lease_table::drop(session_id who) {
  std::vector<lease> given;
  if (const auto mine = holders_.find(who); mine != holders_.end()) {
    for (const auto& [id, held] : mine->second.leases) {
      given.push_back(held);
    }
    count_ -= given.size();
    holders_.erase(mine);
  }
  return given;
}

std::vector<lease> lease_table::drop(session_id who, std::uint32_t handle) {
  std::vector<lease> given;
  if (const auto mine = holders_.find(who); mine != holders_.end()) {
    std::erase_if(mine->second.leases, [&](const auto& held) {
      if (held.second.handle != handle) {
        return false;
      }
      given.push_back(held.second);
      mine->second.blocks -= held.second.blocks;
      return true;
    });
    count_ -= given.size();
  }
  return given;
}

std::uint64_t lease_table::blocks_of(session_id who) const {
  const auto mine = holders_.find(who);
  return mine == holders_.end() ? 0 : mine->second.blocks;
}

bool lease_table::any_before(std::uint64_t id) const {
  return std::any_of(holders_.begin(), holders_.end(), [id](const auto& session) {
    return std::any_of(session.second.leases.begin(), session.second.leases.end(),
                       [id](const auto& held) { return held.first < id; });
  });
}

}  // namespace cellard::core
