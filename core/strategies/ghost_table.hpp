// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// What is remembered of blocks that have gone: 16 bytes each, found by the fingerprint of their
// key, a bounded number of times as many as there are blocks. Sets of eight, the latest first: in a
// full set the last one makes room, which comes near to first in, first out and needs no links.
//
// It grows by linear hashing: one set is split at a time, so no insertion waits for a rehash. Owns
// its memory. One thread at a time.
#pragma once

#include "core/block_ledger.hpp"

#include <optional>

namespace cellard::core {

struct ghost {
  std::uint64_t fingerprint;  ///< 0 = empty
  tick last;
  std::uint16_t uses;
  std::uint8_t mark;  ///< the strategy's own
};
static_assert(sizeof(ghost) == 16);

class ghost_table {
public:
  static constexpr std::size_t most_ghosts = std::size_t{1} << 32;

  /// At most so many, for which address space is reserved.
  explicit ghost_table(std::size_t most = most_ghosts);

  /// Asks for the memory in which it would be, so that several can be fetched at once.
  void prefetch(std::uint64_t fingerprint) const;
  /// The ghost of this fingerprint; null when there is none.
  [[nodiscard]] const ghost* find(std::uint64_t fingerprint) const;
  /// The same, and forgets it.
  std::optional<ghost> take(std::uint64_t fingerprint);
  /// Remembers one; the one that is forgotten for it, if any. @pre it is not remembered
  std::optional<ghost> put(ghost fresh);

  /// Room for at least so many from now on; it never shrinks.
  void grow_to(std::size_t ghosts);

  [[nodiscard]] std::size_t memory_bytes() const { return sets_.size() * sizeof(set); }

private:
  static constexpr std::size_t ways = 8;
  static constexpr std::size_t first_sets = 8;

  struct set {
    ghost ghosts[ways];
  };

  [[nodiscard]] std::size_t set_of(std::uint64_t fingerprint) const;
  void split_one();

  std::size_t most_sets_;
  growing_array<set> sets_;
  std::size_t base_ = first_sets;  ///< sets at the beginning of this round of splits
};

}  // namespace cellard::core
