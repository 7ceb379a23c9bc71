// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "core/memory_budget.hpp"

#include <algorithm>

namespace cellard::core {
namespace {

constexpr std::uint64_t mib = std::uint64_t{1} << 20;

std::uint64_t multiple_of(std::uint64_t bytes, std::uint64_t unit) {
  return (bytes + unit - 1) / unit * unit;
}

}  // namespace

std::uint64_t memory_budget::limit() const {
  return settings_.capacity_bytes - std::min(settings_.staging_bytes, settings_.capacity_bytes);
}

std::uint64_t memory_budget::wanted_size(std::uint64_t held, std::uint64_t block_bytes) const {
  const std::uint64_t capacity = settings_.capacity_bytes;
  const std::uint64_t least = std::min(64 * mib, capacity / 16);
  const std::uint64_t most = std::max(64 * mib, capacity / 256);
  const std::uint64_t size =
    settings_.segment_bytes != 0 ? settings_.segment_bytes : std::clamp(held / 4, least, most);
  return multiple_of(std::max(size, block_bytes), block_bytes);
}

std::optional<std::uint64_t> memory_budget::grant(space_id space, std::uint64_t block_bytes) {
  holding& mine = holdings_[space];
  const std::uint64_t total = limit();
  const std::uint64_t left = total - std::min(granted_, total);
  const std::uint64_t mine_left =
    mine.limits.maximum_bytes - std::min(mine.bytes, mine.limits.maximum_bytes);
  std::uint64_t size = wanted_size(mine.bytes, block_bytes);
  const std::uint64_t most = std::min(left, mine_left);
  if (size > most) {
    // The last segment before the limit is what is left, in whole blocks, unless that is not worth
    // a descriptor.
    size = most / block_bytes * block_bytes;
    if (size == 0 || (size < mib && mine.bytes > 0)) {
      return std::nullopt;
    }
  }
  mine.bytes += size;
  granted_ += size;
  return size;
}

void memory_budget::give_back(space_id space, std::uint64_t bytes) {
  holding& mine = holdings_[space];
  bytes = std::min(bytes, mine.bytes);
  mine.bytes -= bytes;
  granted_ -= bytes;
}

std::optional<space_id> memory_budget::claim(space_id space) const {
  const auto mine = holdings_.find(space);
  const std::uint64_t share = limit() / std::max<std::size_t>(holdings_.size(), 1);
  if (mine != holdings_.end() && mine->second.bytes >= share) {
    return std::nullopt;
  }
  const auto giver = largest();
  if (!giver || *giver == space) {
    return std::nullopt;
  }
  const holding& theirs = holdings_.at(*giver);
  return theirs.bytes > std::max(share, theirs.limits.guaranteed_bytes) ? giver : std::nullopt;
}

std::uint64_t memory_budget::excess() const {
  return granted_ - std::min(granted_, limit());
}

std::optional<space_id> memory_budget::largest() const {
  const auto most =
    std::max_element(holdings_.begin(), holdings_.end(),
                     [](const auto& a, const auto& b) { return a.second.bytes < b.second.bytes; });
  return most == holdings_.end() || most->second.bytes == 0 ? std::nullopt
                                                            : std::optional{most->first};
}

std::uint64_t memory_budget::held_by(space_id space) const {
  const auto mine = holdings_.find(space);
  return mine == holdings_.end() ? 0 : mine->second.bytes;
}

}  // namespace cellard::core
