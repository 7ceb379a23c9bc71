// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Reading through the socket, for clients without shared memory and for segments that this process
// cannot map: pieces of up to 64 KiB, held together by the block's generation.
#pragma once

#include "client/src/block_set.hpp"

namespace cellard::library {

/// Adds the leading blocks of `keys` that are present. True when all are.
core::result<bool> inline_read(const space_state& space, connection& link, core::key_span keys,
                               block_set& blocks, const deadline& until);

}  // namespace cellard::library
