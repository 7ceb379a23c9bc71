// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "core/strategies/ghost_table.hpp"

#include <algorithm>

namespace cellard::core {
namespace {

/// The bits of a fingerprint that choose its set. Zero means empty, so it counts as one.
std::uint64_t mixed(std::uint64_t fingerprint) {
  const std::uint64_t product = fingerprint * 0x9e3779b97f4a7c15U;
  return product ^ (product >> 32);
}

std::uint64_t named(std::uint64_t fingerprint) {
  return fingerprint == 0 ? 1 : fingerprint;
}

}  // namespace

ghost_table::ghost_table(std::size_t most)
  : most_sets_(std::max(most / ways, first_sets)),
    sets_(most_sets_) {
  sets_.resize(first_sets);
}

std::size_t ghost_table::set_of(std::uint64_t fingerprint) const {
  const std::uint64_t hash = mixed(fingerprint);
  const std::size_t wide = hash & (2 * base_ - 1);
  return wide < sets_.size() ? wide : hash & (base_ - 1);
}

void ghost_table::prefetch(std::uint64_t fingerprint) const {
  const auto* const line = reinterpret_cast<const char*>(&sets_[set_of(named(fingerprint))]);
  __builtin_prefetch(line);
  __builtin_prefetch(line + sizeof(set) / 2);
}

const ghost* ghost_table::find(std::uint64_t fingerprint) const {
  const std::uint64_t wanted = named(fingerprint);
  for (const ghost& each : sets_[set_of(wanted)].ghosts) {
    if (each.fingerprint == wanted) {
      return &each;
    }
  }
  return nullptr;
}

std::optional<ghost> ghost_table::take(std::uint64_t fingerprint) {
  const std::uint64_t wanted = named(fingerprint);
  set& mine = sets_[set_of(wanted)];
  const auto found = std::find_if(std::begin(mine.ghosts), std::end(mine.ghosts),
                                  [&](const ghost& each) { return each.fingerprint == wanted; });
  if (found == std::end(mine.ghosts)) {
    return std::nullopt;
  }
  const ghost gone = *found;
  std::move(found + 1, std::end(mine.ghosts), found);
  mine.ghosts[ways - 1] = {};
  return gone;
}

std::optional<ghost> ghost_table::put(ghost fresh) {
  fresh.fingerprint = named(fresh.fingerprint);
  set& mine = sets_[set_of(fresh.fingerprint)];
  const ghost last = mine.ghosts[ways - 1];
  std::move_backward(std::begin(mine.ghosts), std::end(mine.ghosts) - 1, std::end(mine.ghosts));
  mine.ghosts[0] = fresh;
  return last.fingerprint == 0 ? std::nullopt : std::optional(last);
}

void ghost_table::grow_to(std::size_t ghosts) {
  while (sets_.size() * ways < ghosts && sets_.size() < most_sets_) {
    split_one();
  }
}

void ghost_table::split_one() {
  const std::size_t from = sets_.size() - base_;
  sets_.resize(sets_.size() + 1);
  const set old = std::exchange(sets_[from], set{});
  set& fresh = sets_[sets_.size() - 1];
  std::size_t stayed = 0;
  std::size_t moved = 0;
  for (const ghost& each : old.ghosts) {
    if (each.fingerprint == 0) {
      break;
    }
    const bool stays = set_of(each.fingerprint) == from;
    (stays ? sets_[from].ghosts[stayed++] : fresh.ghosts[moved++]) = each;
  }
  if (sets_.size() == 2 * base_) {
    base_ *= 2;
  }
}

}  // namespace cellard::core
