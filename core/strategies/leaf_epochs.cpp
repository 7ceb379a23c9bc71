// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "core/strategies/leaf_epochs.hpp"

#include <algorithm>
#include <bit>

namespace cellard::core {
namespace {

constexpr std::uint32_t requests_an_epoch = 8;

std::uint64_t bit(std::size_t epoch) {
  return std::uint64_t{1} << epoch;
}

}  // namespace

leaf_epochs::leaf_epochs(std::size_t classes, std::size_t most_blocks)
  : classes_(classes),
    links_(most_blocks),
    with_leaves_(classes) {
  epochs_.push_back(std::make_unique<epoch>(classes_));
}

void leaf_epochs::request(tick now) {
  const bool later = now != now_;
  now_ = now;
  if (++requests_ <= requests_an_epoch || !later) {
    return;
  }
  requests_ = 1;
  if (epochs_.size() == most) {
    join_two();
  }
  epochs_.push_back(std::make_unique<epoch>(classes_));
  epochs_.back()->began = now_;
}

std::size_t leaf_epochs::find(tick last) const {
  // By age, so that it does not matter where a tick begins again from zero.
  const tick age = now_ - last;
  std::size_t low = 0;
  std::size_t high = epochs_.size();
  while (high - low > 1) {
    const std::size_t middle = (low + high) / 2;
    (now_ - epochs_[middle]->began >= age ? low : high) = middle;
  }
  return low;
}

void leaf_epochs::join_two() {
  std::size_t best = 0;
  double least = 0;
  for (std::size_t i = 0; i + 2 < epochs_.size(); ++i) {
    const auto from = static_cast<double>(now_ - epochs_[i]->began);
    const auto to = static_cast<double>(now_ - epochs_[i + 2]->began);
    const double share = (from - to) / (to + ticks_per_second);
    if (i == 0 || share < least) {
      best = i;
      least = share;
    }
  }
  epoch& old = *epochs_[best];
  epoch& young = *epochs_[best + 1];
  const std::uint64_t below = bit(best + 1) - 1;
  for (std::size_t of_class = 0; of_class < classes_; ++of_class) {
    old.waiting[of_class] += young.waiting[of_class];
    links_.join(old.leaves[of_class], young.leaves[of_class]);
    const std::uint64_t bits = with_leaves_[of_class];
    with_leaves_[of_class] =
      (bits & below) | ((bits >> 1) & ~below) | (((bits >> 1) | bits) & bit(best));
  }
  epochs_.erase(epochs_.begin() + static_cast<std::ptrdiff_t>(best) + 1);
}

void leaf_epochs::append(std::size_t of_class, tick last, node_id id) {
  const std::size_t at = find(last);
  links_.append(epochs_[at]->leaves[of_class], id);
  with_leaves_[of_class] |= bit(at);
}

void leaf_epochs::prepend(std::size_t of_class, tick last, node_id id) {
  const std::size_t at = find(last);
  links_.prepend(epochs_[at]->leaves[of_class], id);
  with_leaves_[of_class] |= bit(at);
}

void leaf_epochs::remove(std::size_t of_class, tick last, node_id id) {
  const std::size_t at = find(last);
  block_list& leaves = epochs_[at]->leaves[of_class];
  links_.remove(leaves, id);
  if (leaves.empty()) {
    with_leaves_[of_class] &= ~bit(at);
  }
}

node_id leaf_epochs::oldest(std::size_t of_class) const {
  const std::uint64_t bits = with_leaves_[of_class];
  return bits == 0
           ? no_node
           : epochs_[static_cast<std::size_t>(std::countr_zero(bits))]->leaves[of_class].oldest;
}

node_id leaf_epochs::newest(std::size_t of_class) const {
  const std::uint64_t bits = with_leaves_[of_class];
  return bits == 0
           ? no_node
           : epochs_[static_cast<std::size_t>(std::bit_width(bits)) - 1]->leaves[of_class].newest;
}

std::size_t leaf_epochs::memory_bytes() const {
  return links_.memory_bytes()
         + epochs_.size()
             * (sizeof(epoch) + classes_ * (sizeof(std::uint32_t) + sizeof(block_list)));
}

}  // namespace cellard::core
