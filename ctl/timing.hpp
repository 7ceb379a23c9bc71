// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Durations of repeated calls, and what is told of them. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace cellard::ctl {

class durations {
public:
  /// Runs `call` and keeps how long it took.
  template <class Call>
  void measure(Call&& call) {
    const auto before = std::chrono::steady_clock::now();
    call();
    taken_us_.push_back(
      std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - before).count());
  }

  [[nodiscard]] std::size_t count() const noexcept { return taken_us_.size(); }
  [[nodiscard]] double total_seconds() const noexcept;
  /// Microseconds below which `share` of the calls stayed; 0 without calls.
  [[nodiscard]] double quantile_us(double share) const;
  /// Calls, quantiles, and GB/s where a call moved `bytes_a_call`.
  [[nodiscard]] nlohmann::json to_json(std::uint64_t bytes_a_call = 0) const;

private:
  std::vector<double> taken_us_;
};

}  // namespace cellard::ctl
