// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// One cell of the table: a trace, a policy, a size, and what came of it; and sizes as people write
// them. Pure functions over plain data.
#pragma once

#include "core/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace cellard::replay {

/// A capacity: a share of the distinct blocks, or a number of blocks.
struct cache_size {
  double share = 0;  ///< 0: `blocks` counts
  std::size_t blocks = 0;

  /// max(4, round(share x distinct)) for a share.
  [[nodiscard]] std::size_t capacity(std::size_t distinct) const;
};

/// "0.1%" or "2000".
core::result<cache_size> parse_size(const std::string& text);

struct cell {
  std::string trace;
  std::string policy;
  std::size_t distinct = 0;
  std::size_t blocks = 0;  ///< capacity
  std::uint64_t asked = 0;
  std::uint64_t hits = 0;
  double seconds = 0;

  [[nodiscard]] double size() const;  ///< the capacity's share of the distinct blocks
  [[nodiscard]] double hit_ratio() const;
};

nlohmann::ordered_json to_json(const cell& one);
core::result<cell> parse_cell(const std::string& line);

/// Which share of what lies between LRU and the optimum the policy gets, over all sizes of one
/// trace; nothing where one of the three is missing or nothing lies between.
std::optional<double> gap_closed(const std::vector<cell>& cells, const std::string& trace,
                                 const std::string& policy);

std::string as_text(const std::vector<cell>& cells);
std::string as_csv(const std::vector<cell>& cells);

}  // namespace cellard::replay
