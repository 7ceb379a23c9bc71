// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Keeps the blocks from which the most uses a second may be expected, learned from what happened to
// blocks like them (core/strategies/reuse_density.hpp; the measurements are in docs/eviction.md).
//
// A block is classed at each use, by how often it was used, by which share of its request was new,
// and by how long it had waited. Two views of these learn apart, uses with newness and uses with
// the last wait, and the mean of what they expect counts: either alone is the better one on some
// loads. Blocks that have gone are remembered as ghosts for a while, so that it learns which ones
// it should have kept.
//
// A victim is the oldest or the newest leaf of the class that expects least. The newest, too,
// because new blocks may be worth less than all that is there: then they go at once, and a scan
// passes through. 8 bytes a block and 16 a ghost, four of these a block; a third of a megabyte
// besides. Grows with no pause; no clock but the ledger's, no random numbers.
#pragma once

#include "core/strategies/ghost_table.hpp"
#include "core/strategies/leaf_epochs.hpp"
#include "core/strategies/reuse_density.hpp"
#include "core/strategy.hpp"

namespace cellard::core {

class adaptive final : public strategy {
public:
  explicit adaptive(block_ledger& blocks);

  [[nodiscard]] std::string_view name() const override { return "adaptive"; }
  void begin(const request_facts& facts) override;
  void insert(node_id id) override;
  void restore(node_id id) override;
  void touch(node_id id) override;
  void refresh(node_id id) override;
  void erase(node_id id) override;
  void cover(node_id id) override;
  void uncover(node_id id) override;
  [[nodiscard]] node_id victim() override;
  [[nodiscard]] std::size_t memory_bytes() const override;

private:
  /// One end of a class's leaves, and what was expected of the block there when it was looked at.
  struct candidate {
    float expected;
    std::uint16_t end;  ///< class, and whether its newest leaf

    bool operator>(const candidate& other) const {
      return expected != other.expected ? expected > other.expected : end > other.end;
    }
  };

  void note_use(std::uint8_t mark, tick age);
  void note_end(const ghost& gone);
  void note_event();
  void learn();
  void place(node_id id, std::uint8_t mark, tick last);
  void offer(std::uint16_t end);
  void offer_all();
  [[nodiscard]] node_id leaf_at(std::uint16_t end) const;
  [[nodiscard]] float expected_of(node_id id) const;

  block_ledger& blocks_;
  leaf_epochs epochs_;
  ghost_table ghosts_;
  reuse_density by_newness_;
  reuse_density by_wait_;

  std::uint8_t newness_;  ///< of the request being told
  std::vector<candidate>
    candidates_;  ///< a heap, least expected on top; good until a block changes
  bool candidates_good_ = false;

  double events_ = 0;  ///< noted and not faded
  std::uint64_t requests_ = 0;
  std::uint64_t accesses_ = 0;
  std::uint64_t learn_at_request_ = 1;
  std::uint64_t learn_at_access_ = 1;
};

}  // namespace cellard::core
