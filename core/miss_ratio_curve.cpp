// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "core/miss_ratio_curve.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace cellard::core {
namespace {

// Of a block in a small cache under the strategy that has most: ledger 32, order and ghosts 74,
// table of names 20, name 8, lists 8, and room for tables that have just grown.
constexpr std::size_t bytes_a_block = 180;
// Of a cache without any: epochs and learned classes.
constexpr std::size_t bytes_a_cache = 200'000;

constexpr unsigned most_halvings = 32;

double sum_of_sizes() {
  return std::accumulate(curve_sizes.begin(), curve_sizes.end(), 0.0);
}

std::uint64_t mixed(std::uint64_t value) {
  value *= 0x9e3779b97f4a7c15U;
  value = (value ^ (value >> 32)) * 0xd6e8feb86659fd93U;
  return value ^ (value >> 32);
}

}  // namespace

miss_ratio_curve::miss_ratio_curve(options what) : what_(std::move(what)) {
  const std::size_t fixed = curve_sizes.size() * bytes_a_cache;
  const std::size_t room = what_.memory_bytes > fixed ? what_.memory_bytes - fixed : 0;
  most_blocks_ = std::max<std::size_t>(room / bytes_a_block, 1024);
  const double all = sum_of_sizes() * static_cast<double>(what_.capacity_bytes)
                     / static_cast<double>(std::max<std::uint64_t>(what_.block_bytes, 1));
  while (halvings_ < most_halvings
         && std::ldexp(all, -static_cast<int>(halvings_)) > static_cast<double>(most_blocks_)) {
    ++halvings_;
  }
  start();
}

void miss_ratio_curve::start() {
  caches_.clear();
  counted_ = {};
  for (const double size : curve_sizes) {
    const double capacity = size * static_cast<double>(what_.capacity_bytes) * sampled();
    caches_.emplace_back(what_.strategy, static_cast<std::uint64_t>(capacity), most_blocks_);
  }
}

void miss_ratio_curve::halve_sample() {
  halvings_ = std::min(halvings_ + 1, most_halvings);
  ++restarts_;
  start();
}

void miss_ratio_curve::fade() {
  counted_.wanted /= 2;
  for (double& each : counted_.missing) {
    each /= 2;
  }
}

double miss_ratio_curve::sampled() const noexcept {
  return std::ldexp(1.0, -static_cast<int>(halvings_));
}

bool miss_ratio_curve::is_sampled(std::uint64_t fingerprint) const noexcept {
  return halvings_ == 0 || mixed(fingerprint ^ what_.secret) >> (64 - halvings_) == 0;
}

void miss_ratio_curve::record(const access_batch& batch, const block_ledger* real) {
  record_asked(batch, real);
  if (real != nullptr) {
    record_stored(batch, *real);
    record_resized(batch, *real);
  }
  const std::size_t there =
    std::accumulate(caches_.begin(), caches_.end(), std::size_t{0},
                    [](std::size_t sum, const small_cache& each) { return sum + each.blocks(); });
  if (there > most_blocks_) {
    halve_sample();
  }
}

/// A path comes tail first, up to its root; below it is what was not there.
void miss_ratio_curve::record_asked(const access_batch& batch, const block_ledger* real) {
  for (std::size_t i = batch.touched.size(); i > 0; --i) {
    const node_id id = batch.touched[i - 1];
    if (real != nullptr && real->holds(id) && is_sampled((*real)[id].fingerprint)) {
      chain_.push_back({(*real)[id].fingerprint, (*real)[id].bytes, i <= batch.wanted, true, true});
    }
  }
  for (const std::uint64_t fingerprint : batch.lacking) {
    if (is_sampled(fingerprint)) {
      chain_.push_back({fingerprint, 0, true, true, false});
    }
  }
  serve(batch.when);
}

/// A run of blocks that continue each other, under what is above the first of them.
void miss_ratio_curve::record_stored(const access_batch& batch, const block_ledger& real) {
  node_id before = no_node;
  for (const inserted_block& fresh : batch.inserted) {
    if (before == no_node || fresh.parent != before) {
      serve(batch.when);
      add_above(fresh.parent, real);
    }
    if (is_sampled(fresh.fingerprint)) {
      chain_.push_back(
        {fresh.fingerprint, std::max<std::uint32_t>(fresh.bytes, 1), false, false, true});
    }
    before = fresh.block.node;
  }
  serve(batch.when);
}

/// A block that was encoded is as small at every size from then on, where it is there.
void miss_ratio_curve::record_resized(const access_batch& batch, const block_ledger& real) {
  for (const resized_block& each : batch.resized) {
    const bool here =
      real.is(each.block, standing::resident) || real.is(each.block, standing::lowered);
    if (here && is_sampled(real[each.block.node].fingerprint)) {
      for (small_cache& cache : caches_) {
        cache.resize(real[each.block.node].fingerprint, std::max<std::uint32_t>(each.bytes, 1));
      }
    }
  }
}

void miss_ratio_curve::add_above(node_id from, const block_ledger& real) {
  for (node_id at = from; at != no_node && real.holds(at); at = real[at].parent) {
    if (is_sampled(real[at].fingerprint)) {
      chain_.push_back({real[at].fingerprint, real[at].bytes, false, false, true});
    }
  }
  std::reverse(chain_.begin(), chain_.end());
}

/// Gives the chain to all caches, and forgets it.
void miss_ratio_curve::serve(std::chrono::steady_clock::time_point when) {
  if (!chain_.empty()) {
    counted_.wanted += static_cast<double>(std::count_if(
      chain_.begin(), chain_.end(), [](const sampled_block& each) { return each.wanted; }));
    for (std::size_t i = 0; i < caches_.size(); ++i) {
      counted_.missing[i] += static_cast<double>(caches_[i].serve(chain_, when));
    }
  }
  chain_.clear();
}

miss_counts miss_ratio_curve::counts() const {
  miss_counts all = counted_;
  all.wanted /= sampled();
  for (double& each : all.missing) {
    each /= sampled();
  }
  for (std::size_t i = 0; i < caches_.size(); ++i) {
    all.full = caches_[i].was_full() ? curve_sizes[i] : all.full;
  }
  return all;
}

double miss_counts::at(double share) const {
  const auto next = std::lower_bound(curve_sizes.begin(), curve_sizes.end(), share);
  if (next == curve_sizes.end()) {
    return missing.back();
  }
  const auto i = static_cast<std::size_t>(next - curve_sizes.begin());
  if (i == 0) {  // of nothing at all everything is missing
    const double part = std::max(share, 0.0) / curve_sizes.front();
    return wanted + (missing.front() - wanted) * part;
  }
  const double part =
    std::log(share / curve_sizes[i - 1]) / std::log(curve_sizes[i] / curve_sizes[i - 1]);
  return missing[i - 1] + (missing[i] - missing[i - 1]) * part;
}

std::size_t miss_ratio_curve::memory_bytes() const {
  std::size_t bytes = chain_.capacity() * sizeof(sampled_block);
  for (const small_cache& each : caches_) {
    bytes += each.memory_bytes();
  }
  return bytes;
}

}  // namespace cellard::core
