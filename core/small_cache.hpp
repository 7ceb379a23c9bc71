// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// A cache of another size, in miniature: the daemon's own eviction order over a sample of the
// blocks, which keeps names and nothing else. It is told which blocks requests wanted and says how
// many it lacks. Blocks of a chain come heads first; where one is missing all that follow are, and
// are stored as far as somebody brings them.
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
  bool wanted = false;   ///< by a get
  bool used = false;     ///< by whoever asks, which counts for the strategy
  bool brought = false;  ///< the real cache has it: here it would have been stored by now
};

class small_cache {
public:
  /// Of a longer chain the rest is left out.
  static constexpr std::size_t most_chain = 65'536;

  /// At most `most_blocks` blocks will be there at the end of any request.
  small_cache(std::string_view strategy, std::uint64_t capacity_bytes, std::size_t most_blocks);

  /// One request. Returns how many of the wanted blocks were not there.
  std::size_t serve(std::span<const sampled_block> chain,
                    std::chrono::steady_clock::time_point when);
  /// A block takes so many bytes from now on, if it is there.
  void resize(std::uint64_t name, std::uint32_t bytes);

  /// Something had to go at some time.
  [[nodiscard]] bool was_full() const noexcept { return was_full_; }
  [[nodiscard]] std::size_t blocks() const noexcept { return names_.size(); }
  [[nodiscard]] std::size_t memory_bytes() const;

private:
  static constexpr space_id space = 0;

  [[nodiscard]] node_id find(std::uint64_t name) const;
  node_id number();
  void begin_batch();
  node_id store(const sampled_block& fresh, node_id above);
  void record(std::chrono::steady_clock::time_point when);
  void make_room();

  std::uint64_t capacity_bytes_;
  std::uint64_t bytes_ = 0;
  std::uint32_t generation_ = 0;
  bool was_full_ = false;
  node_id end_ = 0;  ///< numbers are below this
  eviction_order order_;
  key_table names_;
  std::vector<std::uint64_t> name_of_;  ///< by number
  std::vector<node_id> free_;
  std::vector<block_name> victims_;
  access_batch batch_;
};

}  // namespace cellard::core
