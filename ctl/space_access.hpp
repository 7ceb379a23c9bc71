// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// A namespace as the block commands name it, and how it is opened: as it exists, whatever its
// layout. Only put makes one, which is opaque.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "cellard/client.hpp"
#include <CLI/CLI.hpp>

namespace cellard::ctl {

struct space_name {
  std::string name;
  std::uint32_t kv_group = 0;
  std::string salt;
};

/// Adds NAMESPACE, --kv-group and --salt to a command; the values are there when it runs.
std::shared_ptr<space_name> space_arguments(CLI::App& command);

/// The namespace, which exists. Throws refused otherwise.
space open_existing(const client& from, const space_name& which);

/// The same; makes an opaque one of `max_bytes` (unset: 16 MiB) where there is none.
space open_or_make(const client& from, const space_name& which,
                   std::optional<std::uint64_t> max_bytes);

/// 64 hexadecimal digits. Throws refused.
key parse_key(const std::string& text);
std::string key_text(const key& which);

}  // namespace cellard::ctl
