// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// What a reload would change, key by key, and the configuration that runs after it. A list
// ([[quota]]) is compared table by table in its order; a table that came or went is one difference.
// Pure functions, any thread.
#pragma once

#include "config/schema.hpp"

#include <string>
#include <vector>

namespace cellard::config {

/// A key with two values. Texts are as in the file; a table that is not there is empty.
struct difference {
  std::string key;  ///< "limits.frame", "quota[1].maximum", "quota[2]"
  std::string before;
  std::string after;
  effect when = effect::live;

  friend bool operator==(const difference&, const difference&) = default;
};

/// All keys that differ, in the order of the documents. What is not in it is unchanged.
std::vector<difference> compare(const configuration& running, const configuration& wanted);

/// `limits.frame: "192 KiB" -> "256 KiB" (needs a restart)`
std::string to_text(const difference& changed);

/// What runs once `wanted` has been taken without a restart: its live keys, and `running`'s for the
/// others. The keys that differ after that, compare(result, wanted), are those that wait for a
/// restart. The mix is no file that anybody wrote, so the caller validates it (validate.hpp) before
/// it commits. Keeps `running`'s version.
configuration with_live_keys(const configuration& running, const configuration& wanted);

}  // namespace cellard::config
