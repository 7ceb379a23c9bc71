// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "config/suggest.hpp"

#include "config/schema.hpp"

#include <algorithm>
#include <vector>

namespace cellard::config {
namespace {

/// The distance costs the product of the lengths, and names come from files we do not trust.
constexpr std::size_t longest_name = 64;

/// Two slips, or one in three letters of a long name.
std::size_t tolerated(std::string_view name) {
  return std::max<std::size_t>(std::min<std::size_t>(name.size() / 2, 2), name.size() / 3);
}

std::string_view leaf(std::string_view name) {
  const auto dot = name.rfind('.');
  return dot == std::string_view::npos ? name : name.substr(dot + 1);
}

}  // namespace

std::size_t edit_distance(std::string_view left, std::string_view right) {
  // Rows of the usual table; two back, one back and this one, for the swap looks two back.
  std::vector<std::size_t> older(right.size() + 1);
  std::vector<std::size_t> previous(right.size() + 1);
  std::vector<std::size_t> current(right.size() + 1);
  for (std::size_t column = 0; column <= right.size(); ++column) {
    previous[column] = column;
  }
  for (std::size_t row = 1; row <= left.size(); ++row) {
    current[0] = row;
    for (std::size_t column = 1; column <= right.size(); ++column) {
      const std::size_t changed = left[row - 1] == right[column - 1] ? 0 : 1;
      current[column] =
        std::min({previous[column] + 1, current[column - 1] + 1, previous[column - 1] + changed});
      if (row > 1 && column > 1 && left[row - 1] == right[column - 2]
          && left[row - 2] == right[column - 1]) {
        current[column] = std::min(current[column], older[column - 2] + 1);
      }
    }
    older.swap(previous);
    previous.swap(current);
  }
  return previous[right.size()];
}

std::string_view nearest_key(std::string_view name) {
  if (name.size() > longest_name) {
    return {};
  }
  std::string_view best;
  std::size_t best_distance = tolerated(leaf(name)) + 1;
  for (const section& in : sections()) {
    for (const key& candidate : in.keys) {
      // Right word, wrong table: a slip of its own.
      const std::size_t moved = edit_distance(leaf(name), candidate.leaf()) + 1;
      const std::size_t distance = std::min(edit_distance(name, candidate.name), moved);
      if (distance < best_distance) {
        best = candidate.name;
        best_distance = distance;
      }
    }
  }
  return best;
}

std::string_view nearest_section(std::string_view name) {
  if (name.size() > longest_name) {
    return {};
  }
  std::string_view best;
  std::size_t best_distance = tolerated(name) + 1;
  for (const section& candidate : sections()) {
    const std::size_t distance = edit_distance(name, candidate.name);
    if (!candidate.name.empty() && distance < best_distance) {
      best = candidate.name;
      best_distance = distance;
    }
  }
  return best;
}

}  // namespace cellard::config
