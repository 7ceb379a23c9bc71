// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The identity of a salt in a slot header: the first half of its SHA-256. Salts may be chosen by an
// engine's own users, so two of them must not be made equal on purpose.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace cellard::core {

/// 16 bytes; all zero for the empty salt.
std::array<std::uint8_t, 16> salt_hash(std::string_view salt) noexcept;

}  // namespace cellard::core
