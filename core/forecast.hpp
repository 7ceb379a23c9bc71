// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// What other amounts of memory would be worth: a miss-ratio curve a namespace, which share the
// memory for them, and what was really asked for and found meanwhile. A forecast is the real hit
// ratio and a difference of misses, so that most of the sampling error falls out: it comes from hot
// blocks, which hit at all sizes.
//
// Owns the curves, within settings.memory_bytes. Time and costs are given, never measured here. One
// thread at a time.
#pragma once

#include "core/miss_ratio_curve.hpp"

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
  double cpu_share = 0.01;         ///< of a core
  std::chrono::seconds window{24 * 3600};

  bool operator==(const forecast_settings&) const = default;
};

/// A curve has no less memory: caches without blocks take half of it.
inline constexpr std::uint64_t least_curve_bytes = std::uint64_t{4} << 20;

/// Of one namespace, since its curve began.
struct space_forecast {
  space_id space = 0;
  std::chrono::steady_clock::time_point since{};  ///< the epoch: nothing was heard yet
  double asked = 0;                               ///< blocks, by get
  double hit = 0;
  double sampled = 1;  ///< share of blocks that the curve saw
  miss_counts counts;
  std::chrono::nanoseconds took{0};  ///< processor time, as told; since the namespace began
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

  /// `block_bytes`: what a usual block of it takes. Later ones than there is memory for have no
  /// curve until others go. One that needs a part of the others' memory begins theirs anew.
  void join(space_id space, std::uint64_t block_bytes);
  void forget(space_id space);

  /// What the order whose ledger this is has just recorded; null: it knows no block of it yet.
  /// True when the namespace has a curve: recording cost something.
  bool record(const access_batch& batch, const block_ledger* real);
  /// That so much time went into recording for a namespace. As soon as all have used up what ten
  /// seconds may take, the sample of who took most is halved.
  void spent(space_id space, std::chrono::nanoseconds time, time_point when);

  /// Other settings begin all curves anew.
  void apply(const forecast_settings& fresh);

  [[nodiscard]] std::vector<space_forecast> results() const;
  [[nodiscard]] std::size_t memory_bytes() const;

private:
  struct watched {
    std::uint64_t block_bytes = 0;
    std::unique_ptr<miss_ratio_curve> curve;  ///< null: there are too many
    std::uint64_t restarts = 0;
    time_point since{};
    double asked = 0;
    double hit = 0;
    std::chrono::nanoseconds spent{0};  ///< of the present ten seconds
    std::chrono::nanoseconds took{0};
  };

  void begin(watched& space) const;
  static void count_anew(watched& space, time_point when);
  void begin_where_there_is_room();
  void end_all();
  void fade(time_point when);

  forecast_settings what_;
  std::uint64_t secret_;
  std::uint64_t parts_ = 1;  ///< of the memory; a power of two, so that few joins change it
  std::map<space_id, watched> spaces_;
  time_point faded_{};
  time_point budget_began_{};
};

}  // namespace cellard::core
