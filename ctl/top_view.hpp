// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The screen of `top` as lines of text, without a terminal, so that `--once` prints and a test
// compares the same lines that curses shows. Pure functions, any thread.
#pragma once

#include <string>
#include <vector>

#include "ctl/top_model.hpp"

namespace cellard::ctl {

enum class look : std::uint8_t { plain, heading, bar, alarm };

struct screen_line {
  std::string text;
  look how = look::plain;
};

enum class sort_key : std::uint8_t { used, hits, puts, name };
inline constexpr std::size_t sort_keys = 4;

struct view_options {
  std::size_t columns = 100;
  bool unicode = true;  ///< may sparklines use block characters?
  sort_key sort = sort_key::used;
};

std::vector<screen_line> screen(const top_model& model, const view_options& options);

/// "▁▃█": each value against the largest of them.
std::string sparkline(const std::vector<double>& values, bool unicode);

/// "[|||||     ]", `columns` wide.
std::string bar(double share, std::size_t columns);

}  // namespace cellard::ctl
