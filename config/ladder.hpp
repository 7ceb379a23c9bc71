// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// codec.ladder as people write it: names of codecs, gentlest first, between commas or blanks. Pure
// functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cellard::config {

/// Most steps: core::ladder_steps has no more.
inline constexpr std::size_t most_ladder_steps = 4;

/// The names, whatever they are.
std::vector<std::string> ladder_names(std::string_view text);

/// True for up to most_ladder_steps different codecs that a policy may name, "raw" not among them.
bool is_ladder(std::string_view text);

/// Also for "default".
bool is_ladder_or_default(std::string_view text);

}  // namespace cellard::config
