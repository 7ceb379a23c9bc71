// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// A configuration to text: as a TOML file that loads to the same configuration, and the documents
// of all keys. config/cellard.example.toml and docs/configuration.md are made by it. Pure
// functions, any thread.
#pragma once

#include "config/schema.hpp"

#include <string>

namespace cellard::config {

enum class style : std::uint8_t {
  full,    ///< every key with its document
  changed  ///< only the keys that differ from the defaults of the configuration's mode
};

/// A file that load_text reads to an equal configuration.
std::string to_toml(const configuration& settings, style how = style::full,
                    const vocabulary& known = {});

/// docs/configuration.md.
std::string to_markdown(const vocabulary& known = {});

}  // namespace cellard::config
