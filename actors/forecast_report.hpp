// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The answer to `forecast`: what part of the blocks asked for would be found with other amounts of
// memory, and what that rests on, as JSON. Pure functions over what the eviction actor answered.
#pragma once

#include "core/forecast.hpp"
#include "core/result.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace cellard::actors {

struct forecast_query {
  std::string tenant;  ///< empty: all of them
  std::string space;   ///< empty: not of one namespace
  std::uint32_t kv_group = 0;
  std::vector<std::uint64_t> sizes;  ///< of the memory below; none: those of the curve
  /// A tenant asks: sizes are of what it holds now, not of the daemon's memory, and what others
  /// hold does not come into it, or it could be worked out.
  bool by_tenant = false;
};

/// A namespace of the daemon.
struct forecast_member {
  core::space_id id = 0;
  bool asked_for = false;        ///< the query is about it
  std::uint64_t used_bytes = 0;  ///< by which namespaces share the memory at any size
};

/// Below so many blocks in the sample an answer would be noise: the error of a ratio of a thousand
/// is up to 1.6 points, that of a difference less.
inline constexpr std::uint64_t needed_blocks = 1000;

/// `capacity_bytes`: memory.capacity, by which sizes are told; a little of it stays free.
/// not_found when `members` has none that is asked for, or none of them has a curve.
core::result<std::string> forecast_report(const std::vector<core::space_forecast>& told,
                                          const std::vector<forecast_member>& members,
                                          const core::forecast_settings& running,
                                          std::uint64_t capacity_bytes, const forecast_query& what,
                                          std::chrono::steady_clock::time_point now);

}  // namespace cellard::actors
