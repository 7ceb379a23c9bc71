// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// What other amounts of memory would be worth: a miss-ratio curve a namespace, as many as the
// memory for them is divided by, and what was really asked for and found meanwhile. A forecast is
// the real hit ratio and a difference of misses, so that what misses at all sizes alike falls out.
//
// Owns the curves, within settings.memory_bytes. Time and costs are given, never measured here. One
// thread at a time.
#pragma once

#include "core/miss_ratio_curve.hpp"
#include "core/shard_counters.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <span>
#include <string>

namespace cellard::core {

struct forecast_settings {
  std::string strategy = "lru";
  std::uint64_t capacity_bytes = 0;
  std::uint64_t memory_bytes = 0;  ///< 0: no forecast
  std::uint32_t namespaces = 4;
  double cpu_share = 0.01;  ///< of a core
  std::chrono::seconds window{24 * 3600};

  bool operator==(const forecast_settings&) const = default;
};

/// Of one namespace, since its curve began.
struct space_forecast {
  space_id space = 0;
  double asked = 0;  ///< blocks, by get
  double hit = 0;
  double sampled = 1;  ///< share of blocks that the curve saw
  miss_counts counts;
};

/// A namespace and the capacity that it has, in shares of the daemon's.
struct space_share {
  const space_forecast* of = nullptr;
  double share = 0;
};

/// The hit ratio of these namespaces together, had each `factor` times the memory; what it was
/// at 1. Nothing when nothing was asked for.
double forecast_hit_ratio(std::span<const space_share> spaces, double factor);

class forecast {
public:
  using time_point = std::chrono::steady_clock::time_point;

  explicit forecast(forecast_settings what, std::uint64_t secret);

  /// `block_bytes`: what a usual block of it takes. Later ones than settings.namespaces have no
  /// curve until others go.
  void join(space_id space, std::shared_ptr<const shard_counters> counters,
            std::uint64_t block_bytes);
  void forget(space_id space);

  /// True when the namespace has a curve: recording cost something.
  bool record(const access_batch& batch, const block_ledger* real);
  /// That so much time went into recording for a namespace; too much in ten seconds halves the
  /// sample of who took most.
  void spent(space_id space, std::chrono::nanoseconds time, time_point when);

  /// Other settings begin all curves anew.
  void apply(const forecast_settings& fresh);

  [[nodiscard]] std::vector<space_forecast> results() const;
  [[nodiscard]] std::size_t memory_bytes() const;

private:
  struct watched {
    std::shared_ptr<const shard_counters> counters;
    std::uint64_t block_bytes = 0;
    std::unique_ptr<miss_ratio_curve> curve;  ///< null: there are too many
    std::uint64_t restarts = 0;
    double asked_before = 0;  ///< what the counters had when the curve began
    double hit_before = 0;
    double faded_asked = 0;  ///< of the time before asked_before, fading
    double faded_hit = 0;
    std::chrono::nanoseconds spent{0};
  };

  void begin(watched& space);
  void count_anew(watched& space);
  void begin_where_there_is_room();
  void fade(time_point when);

  forecast_settings what_;
  std::uint64_t secret_;
  std::map<space_id, watched> spaces_;
  time_point faded_{};
  time_point budget_began_{};
};

}  // namespace cellard::core
