// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The answer to `history`: averages, trends and series of one subject over a window, as JSON. Pure
// functions over what the statistics actor owns.
#pragma once

#include "core/history.hpp"
#include "core/result.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace cellard::actors {

struct history_query {
  std::string tenant;  ///< empty: all of them
  std::string space;   ///< empty: not of one namespace
  std::uint32_t kv_group = 0;
  double window_seconds = 3600;
  std::size_t points = 0;  ///< most of a series; 0: none
};

/// How the history tells namespaces of one tenant apart.
std::string history_name(const std::string& space, std::uint32_t kv_group);

/// not_found when the subject has no history of its own.
core::result<std::string> history_report(const core::history& from, const history_query& what,
                                         std::chrono::steady_clock::time_point now);

}  // namespace cellard::actors
