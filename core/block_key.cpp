// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "core/block_key.hpp"

#include <fmt/format.h>

namespace cellard::core {

std::string abbreviated(const block_key& key) {
  return fmt::format("{:02x}...", fmt::join(key.bytes.begin(), key.bytes.begin() + 8, ""));
}

}  // namespace cellard::core
