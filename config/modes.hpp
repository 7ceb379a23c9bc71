// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// A mode is a named set of defaults over the keys that everybody has. It is applied before the
// file's own keys, so a key that is written wins, and every key it sets says why. Constant; any
// thread.
#pragma once

#include "config/config.hpp"

#include <span>
#include <string_view>

namespace cellard::config {

/// One key that a mode sets other than config.hpp does.
struct mode_default {
  operating_mode mode;
  std::string_view key;   ///< "limits.staging"
  std::string_view text;  ///< as in the file, without quotes: "1 GiB"
  std::string_view why;   ///< one line
};

/// All of them, grouped by mode.
std::span<const mode_default> mode_defaults() noexcept;

/// What the mode is for, in one line.
std::string_view mode_doc(operating_mode mode) noexcept;

/// The configuration of an empty file that only names the mode.
configuration defaults(operating_mode mode);

}  // namespace cellard::config
