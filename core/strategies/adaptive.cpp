// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "core/strategies/adaptive.hpp"

#include <algorithm>

namespace cellard::core {
namespace {

// A class in one byte: how often used, how new its request was, how long it had waited.
constexpr std::size_t use_classes = 6;
constexpr std::size_t newness_classes = 4;
constexpr std::size_t wait_classes = 8;
constexpr std::size_t classes = use_classes * newness_classes * wait_classes;
constexpr std::uint8_t all_new = newness_classes - 1;
constexpr std::uint8_t never_waited = 0;

// Measured in docs/eviction.md.
constexpr std::uint64_t requests_between_learning = 64;
constexpr std::uint64_t accesses_between_learning =
  1024;  // so that learning costs below 100 ns each
constexpr std::size_t ghosts_a_block = 4;
constexpr double prior_requests = 4;
constexpr double least_events_to_fade = 20'000;
constexpr double events_to_fade_a_block = 40;

std::uint8_t class_of_uses(std::uint32_t uses) {
  const std::uint32_t most[] = {1, 2, 4, 8, 32};
  return static_cast<std::uint8_t>(std::lower_bound(std::begin(most), std::end(most), uses)
                                   - std::begin(most));
}

std::uint8_t class_of_newness(std::uint64_t fresh, std::uint64_t all) {
  return fresh * 50 < all ? 0 : fresh * 4 < all ? 1 : fresh * 10 < all * 9 ? 2 : all_new;
}

std::uint8_t class_of_wait(tick wait) {
  const tick below[] = {4, 16, 64, 256, 2048};
  return static_cast<std::uint8_t>(
    1
    + (std::upper_bound(std::begin(below), std::end(below), wait / ticks_per_second)
       - std::begin(below)));
}

std::uint8_t mark_of(std::uint32_t uses, std::uint8_t newness, std::uint8_t wait) {
  return static_cast<std::uint8_t>((class_of_uses(uses) * newness_classes + newness) * wait_classes
                                   + wait);
}

std::size_t newness_view(std::size_t mark) {
  return mark / wait_classes;
}

std::size_t wait_view(std::size_t mark) {
  return mark / (wait_classes * newness_classes) * wait_classes + mark % wait_classes;
}

constexpr std::uint16_t oldest_of(std::uint8_t mark) {
  return static_cast<std::uint16_t>(2 * mark);
}

constexpr std::uint16_t newest_of(std::uint8_t mark) {
  return static_cast<std::uint16_t>(2 * mark + 1);
}

}  // namespace

adaptive::adaptive(block_ledger& blocks)
  : blocks_(blocks),
    epochs_(classes, blocks.most()),
    ghosts_(ghosts_a_block * blocks.most()),
    by_newness_(use_classes * newness_classes),
    by_wait_(use_classes * wait_classes),
    newness_(all_new) {
}

void adaptive::begin(const request_facts& facts) {
  candidates_good_ = false;
  for (const inserted_block& each : *facts.inserted) {
    ghosts_.prefetch(each.fingerprint);
  }
  std::uint64_t remembered = 0;
  for (const inserted_block& each : *facts.inserted) {
    remembered += ghosts_.find(each.fingerprint) != nullptr ? 1U : 0U;
  }
  // A put that is told apart from its lookup names only what is new and what is above it.
  const std::uint64_t all = facts.blocks > 0 ? facts.blocks : facts.inserted->size() + facts.above;
  const std::uint64_t missing =
    facts.blocks > 0 ? facts.blocks - facts.known : facts.inserted->size();
  newness_ = class_of_newness(missing - std::min(missing, remembered), all);

  epochs_.request(blocks_.now());
  ++requests_;
  accesses_ += all;
  if (requests_ >= learn_at_request_ && accesses_ >= learn_at_access_) {
    learn();
    // At powers of two first, so that something is known soon.
    learn_at_request_ = requests_ + std::min(requests_, requests_between_learning);
    learn_at_access_ = accesses_ + std::min(accesses_, accesses_between_learning);
  }
}

void adaptive::learn() {
  std::vector<by_age<double>> of_newness(use_classes * newness_classes);
  std::vector<by_age<double>> of_wait(use_classes * wait_classes);
  epochs_.each_waiting([&](std::size_t mark, tick since, std::uint32_t waiting) {
    const std::size_t bin = age_bin(blocks_.now() - since);
    of_newness[newness_view(mark)][bin] += waiting;
    of_wait[wait_view(mark)][bin] += waiting;
  });
  const double prior =
    prior_requests * static_cast<double>(accesses_) / static_cast<double>(requests_);
  by_newness_.learn(of_newness, prior);
  by_wait_.learn(of_wait, prior);
}

void adaptive::note_event() {
  events_ += 1;
  const double most =
    std::max(least_events_to_fade, events_to_fade_a_block * static_cast<double>(blocks_.size()));
  if (events_ >= most) {
    events_ /= 2;
    by_newness_.fade();
    by_wait_.fade();
  }
}

void adaptive::note_use(std::uint8_t mark, tick age) {
  by_newness_.note_use(newness_view(mark), age);
  by_wait_.note_use(wait_view(mark), age);
  note_event();
}

void adaptive::note_end(const ghost& gone) {
  const tick age = blocks_.now() - gone.last;
  epochs_.discount(gone.mark, gone.last);
  by_newness_.note_end(newness_view(gone.mark), age);
  by_wait_.note_end(wait_view(gone.mark), age);
  note_event();
}

void adaptive::place(node_id id, std::uint8_t mark, tick last) {
  blocks_.set_mark(id, mark);
  epochs_.count(mark, last);
  if (blocks_.is_leaf(id)) {
    epochs_.append(mark, last, id);
  }
}

void adaptive::insert(node_id id) {
  const known_block& fresh = blocks_[id];
  std::uint8_t wait = never_waited;
  if (const auto old = ghosts_.take(fresh.fingerprint)) {
    const tick age = fresh.last - old->last;
    note_use(old->mark, age);
    epochs_.discount(old->mark, old->last);
    wait = class_of_wait(age);
    blocks_.set_uses(id, static_cast<std::uint16_t>(std::min(old->uses + 1, 0xffff)));
  }
  place(id, mark_of(fresh.uses, newness_, wait), fresh.last);
}

void adaptive::restore(node_id id) {
  candidates_good_ = false;
  if (const auto mine = ghosts_.take(blocks_[id].fingerprint)) {
    epochs_.discount(mine->mark, mine->last);
  }
  place(id, blocks_[id].mark, blocks_[id].last);
}

void adaptive::touch(node_id id) {
  const known_block& used = blocks_[id];
  const tick age = blocks_.age(id);
  note_use(used.mark, age);
  epochs_.discount(used.mark, used.last);
  if (blocks_.is_leaf(id)) {
    epochs_.remove(used.mark, used.last, id);
  }
  place(id, mark_of(used.uses + 1U, newness_, class_of_wait(age)), blocks_.now());
}

void adaptive::refresh(node_id id) {
  const known_block& above = blocks_[id];
  epochs_.discount(above.mark, above.last);
  if (blocks_.is_leaf(id)) {
    epochs_.remove(above.mark, above.last, id);
  }
  place(id, above.mark, blocks_.now());
}

void adaptive::erase(node_id id) {
  const known_block& gone = blocks_[id];
  if (blocks_.is_leaf(id)) {
    epochs_.remove(gone.mark, gone.last, id);
  }
  // It still waits, as a ghost.
  ghosts_.grow_to(ghosts_a_block * blocks_.size());
  if (const auto forgotten = ghosts_.put({gone.fingerprint, gone.last, gone.uses, gone.mark})) {
    note_end(*forgotten);
  }
}

void adaptive::cover(node_id id) {
  epochs_.remove(blocks_[id].mark, blocks_[id].last, id);
}

void adaptive::uncover(node_id id) {
  const known_block& leaf = blocks_[id];
  ghosts_.prefetch(leaf.fingerprint);  // where it goes itself, likely next
  // Beside the blocks of its own request, so that a class goes on up the chain it has begun with.
  const node_id newest = epochs_.newest(leaf.mark);
  if (newest != no_node && blocks_.age(newest) >= blocks_.age(id)) {
    epochs_.append(leaf.mark, leaf.last, id);
  } else {
    epochs_.prepend(leaf.mark, leaf.last, id);
  }
  if (candidates_good_) {
    offer(oldest_of(leaf.mark));
    offer(newest_of(leaf.mark));
  }
}

node_id adaptive::leaf_at(std::uint16_t end) const {
  return end % 2 == 0 ? epochs_.oldest(end / 2) : epochs_.newest(end / 2);
}

float adaptive::expected_of(node_id id) const {
  const std::size_t bin = age_bin(blocks_.age(id));
  const std::uint8_t mark = blocks_[id].mark;
  return by_newness_.at(newness_view(mark), bin) + by_wait_.at(wait_view(mark), bin);
}

void adaptive::offer(std::uint16_t end) {
  if (const node_id leaf = leaf_at(end); leaf != no_node) {
    candidates_.push_back({expected_of(leaf), end});
    std::push_heap(candidates_.begin(), candidates_.end(), std::greater<>{});
  }
}

void adaptive::offer_all() {
  candidates_.clear();
  for (std::uint16_t end = 0; end < 2 * classes; ++end) {
    if (const node_id leaf = leaf_at(end); leaf != no_node) {
      candidates_.push_back({expected_of(leaf), end});
    }
  }
  std::make_heap(candidates_.begin(), candidates_.end(), std::greater<>{});
  candidates_good_ = true;
}

node_id adaptive::victim() {
  if (!candidates_good_) {
    offer_all();
  }
  while (!candidates_.empty()) {
    const candidate least = candidates_.front();
    const node_id leaf = leaf_at(least.end);
    if (leaf != no_node && expected_of(leaf) <= least.expected) {
      return leaf;
    }
    std::pop_heap(candidates_.begin(), candidates_.end(), std::greater<>{});
    candidates_.pop_back();
    offer(least.end);  // what was there has gone; the next one may be worth more
  }
  return no_node;
}

std::size_t adaptive::memory_bytes() const {
  return epochs_.memory_bytes() + ghosts_.memory_bytes() + by_newness_.memory_bytes()
         + by_wait_.memory_bytes() + candidates_.capacity() * sizeof(candidate);
}

}  // namespace cellard::core
