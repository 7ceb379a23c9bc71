// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Who reads what. A lease is one session's claim on a matched path and is kept as the path's
// deepest node: since only leaves are evicted, that one node holds all the blocks before it
// (docs/adr/0004). Lease numbers only grow, so "no lease that began before X is left" is one
// comparison. Leases give liveness only: a reader's safety is the slot's generation.
#pragma once

#include "core/block_index.hpp"

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

namespace cellard::core {

/// One connection, for the life of the daemon. 0 is nobody.
using session_id = std::uint64_t;

struct lease {
  std::uint64_t id = 0;
  node_id deepest = no_node;
  std::uint32_t generation = 0;  ///< of that node
  std::uint32_t blocks = 0;      ///< on the path
  std::uint32_t handle = 0;      ///< by which the session opened the namespace
};

class lease_table {
public:
  std::uint64_t take(session_id who, node_id deepest, std::uint32_t generation,
                     std::uint32_t blocks, std::uint32_t handle = 0);

  /// Nothing when `who` has no such lease.
  std::optional<lease> give_back(session_id who, std::uint64_t id);

  std::vector<lease> drop(session_id who);

  /// Those that were taken by this handle.
  std::vector<lease> drop(session_id who, std::uint32_t handle);

  /// Blocks that `who` holds, each counted as often as it is leased.
  [[nodiscard]] std::uint64_t blocks_of(session_id who) const;

  [[nodiscard]] std::size_t size() const noexcept { return count_; }
  [[nodiscard]] std::uint64_t next_id() const noexcept { return next_; }

  /// True when a lease with a number below `id` is left. Scans: called only while something waits
  /// for it.
  [[nodiscard]] bool any_before(std::uint64_t id) const;

private:
  struct holder {
    std::unordered_map<std::uint64_t, lease> leases;
    std::uint64_t blocks = 0;
  };

  std::unordered_map<session_id, holder> holders_;
  std::uint64_t next_ = 1;
  std::size_t count_ = 0;
};

}  // namespace cellard::core
