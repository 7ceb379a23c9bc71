// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// What is known of the blocks of one namespace, apart from their bytes: how they hang together, how
// often and when they were last used, what dropping them would free. One array by block number, 32
// bytes a block, shared by whatever strategy orders them, so that a change of strategy loses
// nothing.
//
// eviction_order writes it; strategies read it. Owns its memory, which is reserved as address space
// and grows in place. One thread at a time.
#pragma once

#include "core/access_batch.hpp"
#include "core/growing_array.hpp"

#include <cstdint>

namespace cellard::core {

/// Time in 64ths of a second. Ages are differences, right up to two years.
using tick = std::uint32_t;
inline constexpr tick ticks_per_second = 64;

enum class standing : std::uint8_t {
  unknown = 0,
  resident = 1,
  chosen = 2,    ///< named as a victim; gone unless it is refused
  arriving = 3,  ///< about to be told to the strategy
  lowered = 4,   ///< on a step of the ladder: kept, but not in the strategy's order any more
};

struct known_block {
  std::uint64_t fingerprint;
  node_id parent;
  std::uint32_t children;  ///< resident ones
  std::uint32_t generation;
  std::uint32_t bytes;
  tick last;           ///< last used
  std::uint16_t uses;  ///< 1 = stored, and not asked for since; stays at its largest value
  standing where;
  std::uint8_t mark;  ///< the strategy's own
};
static_assert(sizeof(known_block) == 32);

class block_ledger {
public:
  /// Most blocks of a namespace (limits.blocks' upper end).
  static constexpr std::size_t most_blocks = std::size_t{1} << 30;

  /// Numbers are below `most`, for which address space is reserved.
  explicit block_ledger(std::size_t most = most_blocks) : most_(most), blocks_(most) {}

  [[nodiscard]] const known_block& operator[](node_id id) const { return blocks_[id]; }
  [[nodiscard]] bool holds(node_id id) const {
    return id < blocks_.size() && blocks_[id].where == standing::resident;
  }
  /// True when `name` is a block in this standing.
  [[nodiscard]] bool is(const block_name& name, standing where) const {
    return name.node < blocks_.size() && blocks_[name.node].where == where
           && blocks_[name.node].generation == name.generation;
  }
  [[nodiscard]] bool is_leaf(node_id id) const { return blocks_[id].children == 0; }
  [[nodiscard]] tick age(node_id id) const { return now_ - blocks_[id].last; }

  void prefetch(node_id id) const {
    if (id < blocks_.size()) {
      __builtin_prefetch(&blocks_[id], 1);
    }
  }

  [[nodiscard]] std::size_t most() const noexcept { return most_; }
  /// Resident blocks, and what dropping them all would free.
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }
  /// Numbers are below this.
  [[nodiscard]] node_id end() const noexcept { return static_cast<node_id>(blocks_.size()); }
  [[nodiscard]] tick now() const noexcept { return now_; }
  [[nodiscard]] std::size_t memory_bytes() const noexcept {
    return blocks_.size() * sizeof(known_block);
  }

  // ---- for its owner ----

  /// Time does not go back, whatever the caller's clock does.
  void set_now(tick now) {
    if (now - now_ <= ~tick{0} / 2 || size_ == 0) {
      now_ = now;
    }
  }
  /// A block that was not known, or whose number another block had; it is arriving. True when its
  /// parent was a leaf until now.
  bool add(const inserted_block& fresh);
  void settle(node_id id) { blocks_[id].where = standing::resident; }
  /// A victim that was not dropped: it counts as just used. Returns as add.
  bool restore(node_id id);
  /// A block comes back from the ladder as old as it was. Returns as add.
  bool raise(node_id id);
  /// A resident block becomes chosen, lowered or unknown. True when its parent is a leaf now.
  bool take(node_id id, standing where);
  void forget(node_id id) { blocks_[id].where = standing::unknown; }
  /// A lowered block that is to be dropped.
  void choose(node_id id) { blocks_[id].where = standing::chosen; }
  void note_use(node_id id);
  void note_refresh(node_id id) { blocks_[id].last = now_; }
  void set_bytes(node_id id, std::uint32_t bytes) {
    if (holds(id)) {
      bytes_ += std::uint64_t{bytes} - blocks_[id].bytes;
    }
    blocks_[id].bytes = bytes;
  }
  void set_mark(node_id id, std::uint8_t mark) { blocks_[id].mark = mark; }
  void set_uses(node_id id, std::uint16_t uses) { blocks_[id].uses = uses; }

private:
  bool hang(node_id id);

  std::size_t most_;
  growing_array<known_block> blocks_;
  std::size_t size_ = 0;
  std::uint64_t bytes_ = 0;
  tick now_ = 0;
};

}  // namespace cellard::core
