// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The one pass that brings a client's bytes into a slot: it copies and returns the checksum of what
// it wrote. The source is shared memory that a hostile client may change at any time, so each of
// its bytes is read once; hash and store use the same register (decisions.md F1, F2). Value and
// speed: docs/adr/0005-checked-copy.md. Target cellard::copy, daemon only, because it needs
// Highway.
//
// No state, no allocation, any thread. The caller owns both ranges; the destination must be written
// by nobody else meanwhile.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace cellard::core {

/// Sizes from which non-temporal stores are used, if the destination is aligned to 64 bytes;
/// measured in ADR 0005.
inline constexpr std::size_t streaming_copy_bytes = 1024;

/// Copies `size` bytes and returns XXH3-64 (seed 0, default secret) of the bytes that are now at
/// `to`, as XXH3_64bits() would. Ends with a store fence: a later release store publishes the
/// bytes. Large copies leave the destination out of the caches.
/// @pre the ranges do not overlap; both may have any alignment (slots are page aligned, which is
/// the fast case).
std::uint64_t checked_copy(std::byte* to, const std::byte* from, std::size_t size) noexcept;

/// XXH3-64 of bytes that are in place already; for bytes that a client may write, the value is only
/// a hint.
std::uint64_t checksum(std::span<const std::byte> bytes) noexcept;

}  // namespace cellard::core
