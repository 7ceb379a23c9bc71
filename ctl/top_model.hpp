// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// What `top` shows: the newest numbers, the rates between the last two of them, and a minute of
// history for the sparklines. Time is given, never read, so a test decides it. One thread.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

namespace cellard::ctl {

/// How often things happened in the last interval, a second.
struct rates {
  double requests = 0;
  double lookups = 0;
  double blocks_asked = 0;
  double blocks_hit = 0;
  double served_bytes = 0;
  double puts = 0;
  double put_bytes = 0;
  double evicted = 0;

  [[nodiscard]] double hit_ratio() const noexcept {
    return blocks_asked > 0 ? blocks_hit / blocks_asked : 0;
  }
};

class top_model {
public:
  static constexpr std::size_t history_samples = 60;

  /// A new answer to `stats` and one to `sessions`; `seconds` of any steady clock.
  void add(double seconds, nlohmann::json stats, nlohmann::json sessions);
  /// There was no answer; `why` is shown until there is one.
  void fail(std::string why);

  [[nodiscard]] const nlohmann::json& stats() const noexcept { return stats_; }
  [[nodiscard]] const nlohmann::json& sessions() const noexcept { return sessions_; }
  [[nodiscard]] const std::string& failure() const noexcept { return failure_; }
  [[nodiscard]] bool empty() const noexcept { return !seconds_.has_value(); }

  [[nodiscard]] const rates& now() const noexcept { return total_; }
  /// Of the namespace in this row of per_namespace.
  [[nodiscard]] rates of_space(const nlohmann::json& row) const;
  /// Oldest first.
  [[nodiscard]] const std::deque<rates>& history() const noexcept { return history_; }

private:
  std::optional<double> seconds_;
  nlohmann::json stats_;
  nlohmann::json sessions_;
  std::string failure_;
  rates total_;
  std::map<std::string, rates> spaces_;
  std::deque<rates> history_;
};

}  // namespace cellard::ctl
