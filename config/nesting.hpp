// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// A guard in front of the TOML parser. toml++ bounds nested arrays but not dotted keys, and a tree
// of a few hundred thousand tables, which one line of `a.a.a...` makes, overflows the stack when it
// is destroyed. No configuration of ours nests deeper than three.
#pragma once

#include <cstddef>
#include <string_view>

namespace cellard::config {

/// The first line (from 1) on which more than 16 brackets are open or that has more than 16 dots
/// outside of texts and comments; 0 if there is none.
std::size_t line_nested_too_deep(std::string_view toml) noexcept;

}  // namespace cellard::config
