// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The daemon's answer to a get, turned into views: what the blocking and the asynchronous form have
// in common.
#pragma once

#include "client/src/block_set.hpp"
#include "client/src/space_state.hpp"

#include <functional>

namespace cellard::library {

struct placed {
  std::size_t added = 0;  ///< leading blocks that became views
  bool unmapped = false;  ///< the next one lies in a segment that this process could not map
};

/// Adds the blocks and the lease of one reply to a get of `keys` keys, and maps new segments.
core::result<placed> take_places(const space_state& space, connection& link, std::size_t keys,
                                 block_set& blocks, const answer& reply);

/// Cuts the set at the first block whose checksum is wrong, and says which it is when its slot was
/// not given to another block meanwhile.
void cut_wrong(block_set& blocks, const std::function<void(std::size_t)>& report);

}  // namespace cellard::library
