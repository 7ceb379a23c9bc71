// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// A cache of another size, in miniature: the daemon's own eviction order over a sample of the
// blocks, which keeps names and nothing else. It is told which blocks requests wanted and says how
// many it lacks. Blocks of a chain come heads first; where one is missing all that follow are, and
// are stored, as an engine would.
//
// Owns its order and a table of names; bounded by its capacity and `most_chain`. One thread at a
// time.
#pragma once

#include "core/eviction_order.hpp"
#include "core/key_table.hpp"

#include <chrono>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace cellard::core {

/// A block of the sample.
struct sampled_block {
  std::uint64_t name = 0;
  std::uint32_t bytes = 0;
  bool wanted = false;  ///< false: above what was wanted, known to be there by who named it
};

class small_cache {
public:
  /// Of a longer chain the rest is left out.
  static constexpr std::size_t most_chain = 65'536;

  /// At most `most_blocks` blocks will be there at the end of any request.
  small_cache(std::string_view strategy, std::uint64_t capacity_bytes, std::size_t most_blocks);

  /// One request. `stored`: it brings blocks, and did not ask for what is above them. Returns how
  /// many of the wanted ones were not there.
  std::size_t serve(std::span<const sampled_block> chain, bool stored,
                    std::chrono::steady_clock::time_point when);

  [[nodiscard]] std::size_t blocks() const noexcept { return names_.size(); }
  [[nodiscard]] std::size_t memory_bytes() const;

private:
  static constexpr space_id space = 0;

  [[nodiscard]] node_id find(std::uint64_t name) const;
  node_id number();
  void record(std::chrono::steady_clock::time_point when);
  void make_room();

  std::uint64_t capacity_bytes_;
  std::uint64_t bytes_ = 0;
  std::uint32_t generation_ = 0;
  node_id end_ = 0;  ///< numbers are below this
  eviction_order order_;
  key_table names_;
  std::vector<std::uint64_t> name_of_;  ///< by number
  std::vector<node_id> free_;
  std::vector<block_name> victims_;
  access_batch batch_;
};

}  // namespace cellard::core
