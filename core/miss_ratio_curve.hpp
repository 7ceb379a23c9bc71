// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// What one namespace would lack at other sizes: ten small caches, from a sixteenth to eight times a
// given capacity, that hear what the real order hears (docs/adr/0023). Blocks are in the sample by
// a hash of their keys, all chains at the same rate; a sampled block hangs under the nearest
// sampled one above it. What gets ask for in vain counts when it is asked for; a small cache stores
// it when the real one does.
//
// Memory is bounded: the sample is chosen so that the caches fit it, and halved, beginning anew,
// when blocks turn out smaller than was said. One thread at a time; deterministic.
#pragma once

#include "core/small_cache.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace cellard::core {

/// The small caches' sizes, in capacities.
inline constexpr std::array<double, 10> curve_sizes{1.0 / 16, 1.0 / 8, 1.0 / 4, 1.0 / 2, 3.0 / 4,
                                                    1.0,      1.5,     2.0,     4.0,     8.0};

/// What was counted, for all blocks and not for the sample alone.
struct miss_counts {
  double wanted = 0;  ///< blocks that gets asked for
  std::array<double, curve_sizes.size()> missing{};
  double full = 0;  ///< up to this size something had to go at some time; 0: at none

  /// How many would have been missing had the capacity been `share` times as large. Between the
  /// sizes it is interpolated; above the last it is the last's.
  [[nodiscard]] double at(double share) const;
};

class miss_ratio_curve {
public:
  struct options {
    std::string strategy = "lru";
    std::uint64_t capacity_bytes = 0;
    std::uint64_t block_bytes = 0;   ///< of a usual block, as the order counts them
    std::uint64_t memory_bytes = 0;  ///< below 2.2 MB the ten caches take that all the same
    std::uint64_t secret = 0;  ///< so that no client knows which of its blocks are in the sample
  };

  explicit miss_ratio_curve(options what);

  /// What the real order, whose ledger this is, has just recorded; null: it knows no block yet.
  void record(const access_batch& batch, const block_ledger* real);

  [[nodiscard]] miss_counts counts() const;

  /// Half as many blocks from now on; the caches begin empty, and counting anew.
  void halve_sample();
  /// What was counted until now counts half.
  void fade();

  /// Share of all blocks that are in the sample.
  [[nodiscard]] double sampled() const noexcept;
  [[nodiscard]] std::uint64_t restarts() const noexcept { return restarts_; }
  [[nodiscard]] std::size_t memory_bytes() const;

private:
  [[nodiscard]] bool is_sampled(std::uint64_t fingerprint) const noexcept;
  void start();
  void record_asked(const access_batch& batch, const block_ledger* real);
  void record_stored(const access_batch& batch, const block_ledger& real);
  void record_resized(const access_batch& batch, const block_ledger& real);
  void add_above(node_id from, const block_ledger& real);
  void serve(std::chrono::steady_clock::time_point when);

  options what_;
  std::size_t most_blocks_ = 0;  ///< of all caches together
  unsigned halvings_ = 0;        ///< one block of 2^halvings is in the sample
  std::uint64_t restarts_ = 0;
  miss_counts counted_;  ///< of the sample
  std::vector<small_cache> caches_;
  std::vector<sampled_block> chain_;
};

}  // namespace cellard::core
