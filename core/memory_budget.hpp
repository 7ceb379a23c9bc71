// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// How many bytes each namespace may hold: the memory manager's arithmetic, without a system call.
// Segments are granted out of `capacity` less what is set aside for staging; a namespace never gets
// more than its quota's maximum. The size of a segment follows decisions E1: a quarter of what the
// namespace holds, within bounds that keep small namespaces small and the number of segments under
// about 512.
//
// When nothing is left, `claim` says who should give: the namespace that holds most above an equal
// share, if the one that asks is below it. One thread at a time.
#pragma once

#include "core/access_batch.hpp"

#include <cstdint>
#include <optional>
#include <unordered_map>

namespace cellard::core {

struct budget_settings {
  std::uint64_t capacity_bytes = 0;
  std::uint64_t staging_bytes = 0;  ///< of capacity, for all sessions together
  std::uint64_t segment_bytes = 0;  ///< 0 = by decisions E1
};

struct quota {
  std::uint64_t guaranteed_bytes = 0;
  std::uint64_t maximum_bytes = ~std::uint64_t{0};
};

class memory_budget {
public:
  explicit memory_budget(const budget_settings& settings) : settings_(settings) {}

  /// New limits; `excess()` says what has to be given back.
  void configure(const budget_settings& settings) { settings_ = settings; }
  void set_quota(space_id space, const quota& limits) { holdings_[space].limits = limits; }

  /// Data bytes of the next segment for blocks of `block_bytes`, already counted; nothing when the
  /// namespace or the host has no room.
  std::optional<std::uint64_t> grant(space_id space, std::uint64_t block_bytes);

  /// `bytes` of `space` were given back to the kernel.
  void give_back(space_id space, std::uint64_t bytes);
  void forget(space_id space) { holdings_.erase(space); }

  /// Who should retire a segment so that `space` can have one; nothing when `space` has its share.
  [[nodiscard]] std::optional<space_id> claim(space_id space) const;

  /// Bytes held above the limit, and who holds most.
  [[nodiscard]] std::uint64_t excess() const;
  [[nodiscard]] std::optional<space_id> largest() const;

  [[nodiscard]] std::uint64_t limit() const;
  [[nodiscard]] std::uint64_t granted() const { return granted_; }
  [[nodiscard]] std::uint64_t held_by(space_id space) const;
  [[nodiscard]] const budget_settings& settings() const { return settings_; }

private:
  struct holding {
    std::uint64_t bytes = 0;
    quota limits;
  };

  [[nodiscard]] std::uint64_t wanted_size(std::uint64_t held, std::uint64_t block_bytes) const;

  budget_settings settings_;
  std::unordered_map<space_id, holding> holdings_;
  std::uint64_t granted_ = 0;
};

}  // namespace cellard::core
