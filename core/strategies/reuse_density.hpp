// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// How many uses a second of residence may still be expected of a block of some class and age. From
// counts of what happened to blocks (used again at this age, forgotten at this age) and of those
// that have waited so long and may still be used:
//
//   density(class, age) = max over T of  uses in age..T  /  block seconds waited in age..T
//
// A Gittins index from online survival statistics. Blocks that are still there count as waiting, so
// that what has not come back yet is not taken for what never will. Classes with little behind them
// lean on all classes together. Old counts fade. Pure numbers; one thread at a time.
#pragma once

#include "core/block_ledger.hpp"

#include <array>
#include <vector>

namespace cellard::core {

/// Ages by half octaves: below an eighth of a second, then two bins an octave up to all that a tick
/// can count. Finer, and whoever is stored at the same moment as others looks wanted at once; from
/// one second on, loads with many requests a second cannot be told apart (docs/eviction.md).
inline constexpr std::size_t age_bins = 59;

/// The bin of an age.
std::size_t age_bin(tick age) noexcept;

template <class T>
using by_age = std::array<T, age_bins>;

class reuse_density {
public:
  explicit reuse_density(std::size_t classes);

  void note_use(std::size_t of_class, tick age) { ++counts_[of_class].uses[age_bin(age)]; }
  void note_end(std::size_t of_class, tick age) { ++counts_[of_class].ends[age_bin(age)]; }
  void fade();

  /// Learns from what was noted. `waiting`: by class and age, blocks that may still be used.
  /// `prior`: how many blocks' experience of all classes each class gets on top of its own.
  void learn(const std::vector<by_age<double>>& waiting, double prior);

  /// Uses a second; before there is anything to learn from it falls with age, as LRU has it.
  [[nodiscard]] float at(std::size_t of_class, std::size_t bin) const {
    return densities_[of_class][bin];
  }

  [[nodiscard]] std::size_t memory_bytes() const;

private:
  struct counts {
    by_age<double> uses{};
    by_age<double> ends{};
  };

  std::vector<counts> counts_;
  std::vector<by_age<float>> densities_;
};

}  // namespace cellard::core
