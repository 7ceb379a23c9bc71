// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// A recorded load: requests in the order of time, each a chain of blocks. A block is a number,
// given in order of first appearance, and a node of the prefix tree: the block before it in a
// request is its parent, always the same one. Plain data; whoever reads it owns it.
#pragma once

#include "core/block_index.hpp"
#include "core/result.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace cellard::replay {

using core::no_node;
using core::node_id;

struct request {
  double seconds = 0;  ///< since the first one
  std::size_t first = 0;
  std::uint32_t count = 0;
};

struct trace {
  std::string name;
  double block_tokens = 0;
  std::vector<request> requests;
  std::vector<node_id> blocks;   ///< of all requests, one after the other, heads first
  std::vector<node_id> parents;  ///< by block; no_node = a root

  [[nodiscard]] std::size_t distinct() const noexcept { return parents.size(); }
  [[nodiscard]] std::span<const node_id> chain(const request& of) const {
    return std::span(blocks).subspan(of.first, of.count);
  }
};

/// Gives numbers to chains of hashes: a block is its hash and its parent.
class trace_builder {
public:
  explicit trace_builder(std::string name, double block_tokens);

  /// The block with this hash under `parent`.
  node_id block(node_id parent, std::uint64_t hash);
  /// Blocks of one request, heads first. One earlier than the request before counts as at its time.
  void add(double seconds, std::span<const node_id> chain);
  [[nodiscard]] trace take() { return std::move(made_); }

private:
  struct place {
    std::uint64_t hash;
    node_id parent;
    bool operator==(const place&) const = default;
  };
  struct place_hash {
    std::size_t operator()(const place& of) const noexcept;
  };

  trace made_;
  std::unordered_map<place, node_id, place_hash> known_;
  double began_ = 0;
};

/// A trace file by its content: .kvt or Mooncake's JSON lines, packed by xz or not. `block_tokens`
/// is for formats that do not say; 0 = the format's usual size.
core::result<trace> read_trace(const std::string& path, double block_tokens = 0);

// The formats; text is the whole file.
core::result<trace> read_kvt(const std::string& name, std::string_view bytes);
core::result<trace> read_mooncake(const std::string& name, std::string_view text,
                                  double block_tokens);

}  // namespace cellard::replay
