// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The bytes that put reads and that get and metrics write. "-" is standard input or output. Both
// throw refused with the system's reason.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cellard::ctl {

std::vector<std::byte> read_block_file(const std::string& file);
void write_block_file(const std::string& file, std::span<const std::byte> bytes);

/// Replaces the file as a whole: whoever reads it meanwhile has the old text or the new one. Its
/// mode is 0644, so that another user's collector can read it.
void replace_file(const std::string& file, std::string_view text);

}  // namespace cellard::ctl
