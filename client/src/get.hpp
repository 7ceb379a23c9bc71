// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Reading: from a chain of keys to a set of views, and from there into the caller's buffers.
#pragma once

#include "client/src/block_set.hpp"
#include "client/src/space_state.hpp"

#include <memory>
#include <span>

#include "cellard/client.h"

namespace cellard::library {

/// The leading blocks that are readable now. A block in a codec that this library does not know
/// ends the set.
core::result<std::unique_ptr<block_set>> get(const space_state& space, core::key_span keys);

/// Copies block after block and checks each; `copied` counts those that arrived whole, also when
/// the call fails.
core::result<core::ok_t> get_copy(const space_state& space, core::key_span keys,
                                  std::span<const cellard_buffer> buffers, std::size_t per_block,
                                  std::size_t& copied);

}  // namespace cellard::library
