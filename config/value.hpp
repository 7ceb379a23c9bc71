// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// One key's value, of any of the types that keys have. A 64-bit number is always bytes and a 32-bit
// one a count; enumerations appear as their word. Pure functions, any thread.
#pragma once

#include "config/units.hpp"
#include "core/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace cellard::config {

using value = std::variant<bool, std::uint32_t, std::uint64_t, duration, percent, size_or_percent,
                           file_mode, std::string>;

/// As a person says it: 192 KiB.
std::string value_text(const value& any);

/// As it stands in a TOML file: "192 KiB" with its quotes, 4096, true.
std::string value_toml(const value& any);

/// Reads `text` as a value of the type that `like` has; errc::config_invalid if it is none.
core::result<value> parse_like(const value& like, std::string_view text);

/// Is the value in one of the ranges of a text such as `0 or 1 MiB to 1 TiB`? The same text is
/// shown to people, so what is checked and what is said cannot differ. False for a text that is no
/// such list.
bool within(std::string_view ranges, const value& any);

/// A TOML basic string, quotes included; control characters are escaped, so it is safe to show on a
/// terminal.
std::string quoted(std::string_view text);

}  // namespace cellard::config
