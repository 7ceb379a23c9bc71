// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The keys of docs/protocol.md: a SHA-256 chain over tokens, and keys from foreign hashes.
#pragma once

#include "core/block_key.hpp"
#include "core/result.hpp"
#include "protocol/wire.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace cellard::library {

/// k[-1] = SHA-256("cellard chain v1\0" || u32le(block_tokens) || u32le(size of extra) || extra),
/// k[i] = SHA-256(k[i-1] || tokens of block i as u32le). `keys` has tokens.size() / block_tokens
/// places.
core::result<core::ok_t> chain_keys(std::span<const std::uint32_t> tokens,
                                    std::uint32_t block_tokens, protocol::bytes_view extra,
                                    std::span<core::block_key> keys);

/// 32 bytes as they are; others are SHA-256("cellard key v1\0" || bytes).
core::result<core::block_key> key_from_bytes(protocol::bytes_view bytes);

}  // namespace cellard::library
