// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Blocks by class and by when they were last used, for a strategy that asks each class for its
// oldest and newest leaf. Time is cut into at most 64 epochs; when there are more, the two
// neighbours are joined whose joint span is the smallest share of their age, so that resolution is
// relative: fine for the young, coarse for the old. Within an epoch a class's leaves are in a list,
// nearly in order.
//
// An epoch also counts the blocks, leaves or not, present or remembered as ghosts, that were last
// used in it. Which epoch a block is in follows from its time of last use alone. Memory: a fixed
// quarter of a megabyte, and 8 bytes a block. One thread at a time.
#pragma once

#include "core/strategies/block_lists.hpp"

#include <array>
#include <memory>
#include <vector>

namespace cellard::core {

class leaf_epochs {
public:
  static constexpr std::size_t most = 64;  // one word says in which epochs a class has leaves

  /// Of blocks with numbers below `most_blocks`.
  leaf_epochs(std::size_t classes, std::size_t most_blocks);

  /// A request at `now`. An epoch begins with every eighth, or with the next one that is later than
  /// the one before: two epochs with blocks of one tick could not be told apart.
  void request(tick now);

  /// A block of a class that was last used at `last` is there, is there no more.
  void count(std::size_t of_class, tick last) { ++epochs_[find(last)]->waiting[of_class]; }
  void discount(std::size_t of_class, tick last) { --epochs_[find(last)]->waiting[of_class]; }

  /// Puts a leaf at the young end of its epoch, or at the old end.
  void append(std::size_t of_class, tick last, node_id id);
  void prepend(std::size_t of_class, tick last, node_id id);
  void remove(std::size_t of_class, tick last, node_id id);

  /// The leaf of a class that was used the longest, the shortest time ago; no_node without leaves.
  [[nodiscard]] node_id oldest(std::size_t of_class) const;
  [[nodiscard]] node_id newest(std::size_t of_class) const;

  /// Calls visit(class, time, blocks) for all that wait.
  template <class Visit>
  void each_waiting(Visit visit) const {
    for (const auto& each : epochs_) {
      for (std::size_t of_class = 0; of_class < classes_; ++of_class) {
        if (each->waiting[of_class] != 0) {
          visit(of_class, each->began, each->waiting[of_class]);
        }
      }
    }
  }

  [[nodiscard]] std::size_t memory_bytes() const;

private:
  struct epoch {
    explicit epoch(std::size_t classes) : waiting(classes), leaves(classes) {}
    tick began = 0;
    std::vector<std::uint32_t> waiting;
    std::vector<block_list> leaves;
  };

  /// The last epoch that had begun at `last`, or the first one.
  [[nodiscard]] std::size_t find(tick last) const;
  void join_two();

  std::size_t classes_;
  block_links links_;
  std::vector<std::unique_ptr<epoch>> epochs_;  ///< oldest first, never empty
  std::vector<std::uint64_t> with_leaves_;      ///< by class: a bit an epoch
  tick now_ = 0;
  std::uint32_t requests_ = 0;  ///< of the youngest epoch
};

}  // namespace cellard::core
