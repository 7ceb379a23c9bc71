// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// A TOML file to a configuration: all of it or nothing. Every mistake is reported, up to twenty, a
// line each, in the order of the file, with file, line, column, key, value and what is allowed. The
// text is not trusted: it may be of any length, depth and content. Reading a file blocks, so no
// actor of the pool calls load_file (decisions.md A9). Failures: config_invalid for what the file
// says, io_error when it cannot be read.
#pragma once

#include "config/config.hpp"
#include "config/schema.hpp"
#include "core/result.hpp"

#include <filesystem>
#include <string_view>

namespace cellard::config {

/// A file larger than this is refused unread.
inline constexpr std::size_t most_file_bytes = 1 * mib;

/// The configuration that the text describes: the defaults of its mode, then what is written.
/// `name` stands in the errors for the file.
core::result<configuration> load_text(std::string_view text, std::string_view name,
                                      const vocabulary& known = {});

/// The same of a file, which errors name as `path` does.
core::result<configuration> load_file(const std::filesystem::path& path,
                                      const vocabulary& known = {});

}  // namespace cellard::config
