// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Copying payload. Large pieces are written past the caches (non-temporal stores): the destination
// is not read first and the caller's working set stays where it is. client/README.md has the
// measurement that chose the size.
#pragma once

#include <cstddef>

namespace cellard::library {

inline constexpr std::size_t streaming_bytes = 256 * 1024;

/// memcpy; from streaming_bytes on with non-temporal stores where the processor has them. When it
/// returns, the bytes are visible to whoever is told so afterwards.
void copy_bytes(void* to, const void* from, std::size_t size) noexcept;

}  // namespace cellard::library
