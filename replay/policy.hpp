// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// A trace through one policy at one capacity, in blocks of one size. A request first counts its
// leading blocks that are there; then all its blocks are used or stored; then what is above the
// capacity goes, as the policy chooses. Time is the trace's.
//
// Policies: every strategy of core, and `belady`, which knows the future: the offline optimum for
// equal blocks. A run can be watched and stopped. One thread at a time.
#pragma once

#include <functional>

#include "replay/trace.hpp"

namespace cellard::replay {

struct outcome {
  std::uint64_t asked = 0;
  std::uint64_t hits = 0;
  double seconds = 0;     ///< of processor time
  bool finished = false;  ///< false: it was stopped

  [[nodiscard]] double hit_ratio() const {
    return asked == 0 ? 0 : static_cast<double>(hits) / static_cast<double>(asked);
  }
};

/// Called now and then with the share of requests that are done; false stops the run.
using watcher = std::function<bool(double share)>;

std::vector<std::string> policy_names();

/// @pre policy_names has `policy`, capacity > 0
outcome run_policy(const trace& what, const std::string& policy, std::size_t capacity,
                   const watcher& watch = {});

/// Of a block's key, as it would be of a hashed one: spread over all 64 bits.
std::uint64_t fingerprint(node_id block);

/// Of this process, so that others' load counts less.
double processor_seconds();

outcome run_belady(const trace& what, std::size_t capacity, const watcher& watch);

}  // namespace cellard::replay
