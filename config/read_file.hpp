// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The bytes of a small regular file. A FIFO or a device is refused instead of waited for. Blocks on
// the disk. Failures: io_error naming the call, config_invalid for a file of the wrong kind or
// size.
#pragma once

#include "core/result.hpp"

#include <cstddef>
#include <filesystem>
#include <string>

namespace cellard::config {

core::result<std::string> read_file(const std::filesystem::path& path, std::size_t most_bytes);

}  // namespace cellard::config
