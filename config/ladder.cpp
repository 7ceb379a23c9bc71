// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "config/ladder.hpp"

#include "config/schema.hpp"
#include "core/ladder_steps.hpp"

#include <algorithm>

namespace cellard::config {

static_assert(most_ladder_steps == core::ladder_steps::most);

std::vector<std::string> ladder_names(std::string_view text) {
  constexpr std::string_view between = ", ";
  std::vector<std::string> names;
  while (!text.empty()) {
    const auto end = std::min(text.find_first_of(between), text.size());
    if (end > 0) {
      names.emplace_back(text.substr(0, end));
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return names;
}

bool is_ladder(std::string_view text) {
  auto names = ladder_names(text);
  const auto known = known_codecs();
  const bool all_known = std::all_of(names.begin(), names.end(), [&](const auto& name) {
    return name != "raw" && std::find(known.begin(), known.end(), name) != known.end();
  });
  std::sort(names.begin(), names.end());
  return all_known && names.size() <= most_ladder_steps
         && std::adjacent_find(names.begin(), names.end()) == names.end();
}

bool is_ladder_or_default(std::string_view text) {
  return text == "default" || is_ladder(text);
}

}  // namespace cellard::config
