// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "core/salt_hash.hpp"

#include <algorithm>

#include <openssl/sha.h>

namespace cellard::core {

std::array<std::uint8_t, 16> salt_hash(std::string_view salt) noexcept {
  std::array<std::uint8_t, 16> bytes{};
  if (!salt.empty()) {
    std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest{};
    SHA256(reinterpret_cast<const std::uint8_t*>(salt.data()), salt.size(), digest.data());
    std::copy_n(digest.begin(), bytes.size(), bytes.begin());
  }
  return bytes;
}

}  // namespace cellard::core
