// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Requests about a chain of keys that move no bytes, and the cutting of long lists into requests.
#pragma once

#include "client/src/space_state.hpp"

namespace cellard::library {

/// One request about `keys`. `argument` as in chain_request.
protocol::chain_request chain_request_of(const open_space& space, protocol::opcode op,
                                         core::key_span keys, std::uint32_t argument = 0);

/// Adds the match of one piece of `size` keys. True when the next piece is worth asking for; an
/// answer that cannot be loses the connection.
core::result<bool> add_match(connection& link, protocol::match_reply& sum,
                             const protocol::match_reply& piece, std::size_t size);

/// lookup, touch or prefetch: pieces until one is not fully matched.
core::result<protocol::match_reply> match(const space_state& space, protocol::opcode op,
                                          core::key_span keys, const deadline& until);

/// remove, pin or unpin: all pieces, their counts added up. `argument` as in chain_request.
core::result<std::uint32_t> count(const space_state& space, protocol::opcode op,
                                  core::key_span keys, std::uint32_t argument);

/// remove with scrub: all pieces, added up.
core::result<protocol::count_reply> scrub(const space_state& space, core::key_span keys);

core::result<protocol::list_reply> list(const space_state& space, std::uint64_t cursor,
                                        std::size_t room);

}  // namespace cellard::library
