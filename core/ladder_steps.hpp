// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Blocks that the strategy dismissed and that are kept all the same, in fewer bytes: a list a step
// of the ladder, in the order in which they fell onto it (docs/adr/0034). Remembers of each block
// which step's codec it was given last. Ten bytes a block, and none before the first block fell.
// Owns its memory. One thread at a time.
#pragma once

#include "core/strategies/block_lists.hpp"

#include <array>

namespace cellard::core {

class ladder_steps {
public:
  /// Steps are 1 to most; 0 is the strategy's own order.
  static constexpr unsigned most = 4;

  /// Of blocks with numbers below `most_blocks`.
  explicit ladder_steps(std::size_t most_blocks) : links_(most_blocks), known_(most_blocks) {}

  /// @pre `id` is on no step
  void append(unsigned step, node_id id, std::uint32_t bytes);
  /// @pre `id` is on a step, with so many bytes
  void remove(node_id id, std::uint32_t bytes);
  /// @pre as remove
  void resize(node_id id, std::uint32_t from, std::uint32_t to) {
    steps_.at(step_of(id)).bytes += std::uint64_t{to} - from;
  }

  /// True when the block was not given this step's codec, or a later one's, before; now it is.
  /// @pre `id` is or was on a step
  bool give_codec(node_id id, unsigned step);
  /// The steps have other codecs now: each block may be given them.
  void forget_codecs() {
    for (known& each : known_.all()) {
      each.coded = 0;
    }
  }
  /// Another block has this number now: it is raw.
  void forget(node_id id) {
    if (id < known_.size()) {
      known_[id] = {};
    }
  }

  /// @pre `id` is on a step
  [[nodiscard]] unsigned step_of(node_id id) const { return known_[id].step; }
  /// The block that fell first; no_node when there is none.
  [[nodiscard]] node_id oldest(unsigned step) const { return steps_.at(step).order.oldest; }
  [[nodiscard]] std::uint64_t bytes(unsigned step) const { return steps_.at(step).bytes; }
  /// The last step that has blocks; 0 = none has.
  [[nodiscard]] unsigned last() const;
  /// Blocks on all steps.
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t memory_bytes() const {
    return links_.memory_bytes() + known_.size() * sizeof(known);
  }

private:
  struct known {
    std::uint8_t step;
    std::uint8_t coded;
  };
  struct one_step {
    block_list order;
    std::uint64_t bytes = 0;
  };

  block_links links_;
  growing_array<known> known_;
  std::array<one_step, most + 1> steps_;
  std::size_t size_ = 0;
};

}  // namespace cellard::core
