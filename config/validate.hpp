// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The rules that one key alone cannot break, and the ranges once more for configurations that did
// not come from a file. Shares of memory are compared only once the memory is known: the loader
// checks what can be known from the file, the daemon asks again with its memory before it takes the
// configuration. Pure functions, any thread.
#pragma once

#include "config/schema.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cellard::config {

/// A broken rule: a sentence that names keys, values and the rule, and the keys, so that a loader
/// can say where.
struct problem {
  std::vector<std::string> keys;
  std::string text;
};

/// Checks the rules across keys. With `memory_bytes` (the smaller of memory and cgroup limit)
/// shares are resolved and the rules about sizes are checked too.
std::vector<problem> validate(const configuration& settings,
                              std::optional<std::uint64_t> memory_bytes = std::nullopt);

/// Checks every key against its own range.
std::vector<problem> validate_keys(const configuration& settings, const vocabulary& known = {});

/// The sentence of both and of the loader: `limits.frame = "9 GiB": allowed are 4 KiB to 1 MiB`.
std::string range_problem(std::string_view name, std::string_view shown_value,
                          std::string_view reason, std::string_view allowed);

}  // namespace cellard::config
