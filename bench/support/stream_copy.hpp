// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The copy that others are compared with: loads and non-temporal stores of the widest vectors.
#pragma once

#include <cstddef>

namespace cellard::bench {

/// @pre size is a multiple of 1024, and `to` aligned to 64
void stream_copy(std::byte* to, const std::byte* from, std::size_t size);

}  // namespace cellard::bench
