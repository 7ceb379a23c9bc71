// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// S3-FIFO (Yang et al., SOSP'23), for comparison: new blocks pass a small queue, a tenth of the
// cache, and come to the main one when they were used there or went not long ago. On prefix trees
// it is mostly worse than LRU (docs/eviction.md): an agent's newest blocks were used once and are
// wanted seconds later.
//
// Only leaves are in the queues: a block whose last child goes comes to the young end of its own. 8
// bytes a block and a ghost of 16.
#pragma once

#include "core/strategies/block_lists.hpp"
#include "core/strategies/ghost_table.hpp"
#include "core/strategy.hpp"

namespace cellard::core {

class s3fifo final : public strategy {
public:
  explicit s3fifo(block_ledger& blocks)
    : blocks_(blocks),
      links_(blocks.most()),
      ghosts_(blocks.most()) {}

  [[nodiscard]] std::string_view name() const override { return "s3fifo"; }
  void insert(node_id id) override {
    blocks_.set_mark(id, ghosts_.take(blocks_[id].fingerprint) ? in_main : std::uint8_t{0});
    ++queue_of(id).blocks;
    if (blocks_.is_leaf(id)) {
      links_.append(queue_of(id).leaves, id);
    }
  }
  void touch(node_id id) override {
    if (uses_of(id) < most_uses) {
      set_uses(id, uses_of(id) + 1);
    }
  }
  void refresh(node_id) override {}  // queues do not look at the time of use
  void erase(node_id id) override;
  void cover(node_id id) override { links_.remove(queue_of(id).leaves, id); }
  void uncover(node_id id) override { links_.append(queue_of(id).leaves, id); }
  [[nodiscard]] node_id victim() override;
  [[nodiscard]] std::size_t memory_bytes() const override {
    return links_.memory_bytes() + ghosts_.memory_bytes();
  }

private:
  // A mark: the uses since it came to its queue, and which queue that is.
  static constexpr std::uint8_t most_uses = 3;
  static constexpr std::uint8_t in_main = 4;

  struct queue {
    block_list leaves;
    std::size_t blocks = 0;  ///< leaves or not
  };

  [[nodiscard]] int uses_of(node_id id) const { return blocks_[id].mark & most_uses; }
  [[nodiscard]] bool is_main(node_id id) const { return (blocks_[id].mark & in_main) != 0; }
  [[nodiscard]] queue& queue_of(node_id id) { return is_main(id) ? main_ : small_; }
  void set_uses(node_id id, int uses) {
    blocks_.set_mark(id, static_cast<std::uint8_t>((blocks_[id].mark & in_main) | uses));
  }

  block_ledger& blocks_;
  block_links links_;
  ghost_table ghosts_;
  queue small_;
  queue main_;
};

}  // namespace cellard::core
