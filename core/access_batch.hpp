// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// What one request did to one namespace, as the strategy that orders blocks hears it: one batch a
// request. Blocks that were used come in tail-first order, so that the head of a chain ends up most
// recent and tails go first; blocks that are new come after their parents, and are told to the
// strategy from the last one on.
#pragma once

#include "core/block_index.hpp"

#include <chrono>
#include <cstdint>
#include <vector>

namespace cellard::core {

/// Number of a namespace among all of the daemon; never used twice.
using space_id = std::uint32_t;

/// A block as another actor names it: the number may have been given away since, the generation
/// tells.
struct block_name {
  node_id node = no_node;
  std::uint32_t generation = 0;
};

struct inserted_block {
  block_name block;
  node_id parent = no_node;
  std::uint32_t bytes = 0;        ///< of memory that dropping it would free
  std::uint64_t fingerprint = 0;  ///< by which a strategy may remember it after it has gone
};

/// A block that takes another amount of memory now.
struct resized_block {
  block_name block;
  std::uint32_t bytes = 0;  ///< as inserted_block has it
};

struct access_batch {
  space_id space = 0;
  std::chrono::steady_clock::time_point when;
  std::uint32_t asked = 0;  ///< blocks that the request named
  std::uint32_t known = 0;  ///< of these, blocks that were there
  std::vector<inserted_block> inserted;
  std::vector<node_id> touched;    ///< asked for
  std::vector<node_id> refreshed;  ///< above blocks that came: they must stay the younger ones
  std::vector<block_name> removed;
  std::vector<resized_block> resized;
  std::uint32_t wanted = 0;  ///< of `touched`, from the first on, blocks that a get was answered
  std::vector<std::uint64_t> lacking;  ///< fingerprints of those that it asked for in vain

  /// Nothing that concerns the order of blocks.
  [[nodiscard]] bool empty() const noexcept {
    return inserted.empty() && touched.empty() && refreshed.empty() && removed.empty()
           && resized.empty();
  }
};

}  // namespace cellard::core
