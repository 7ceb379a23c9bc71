// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Reading through the socket, for clients without shared memory and for segments that this process
// cannot map: pieces of up to 64 KiB, held together by the block's generation.
#pragma once

#include "client/src/block_set.hpp"
#include "client/src/space_state.hpp"

namespace cellard::library {

/// One block on its way: `next` is asked for, its reply taken, until the block is whole or a miss.
class inline_reader {
public:
  enum class state { more, whole, miss };

  inline_reader(const space_state& space, const core::block_key& key);

  [[nodiscard]] protocol::read_request next(connection& link) const;
  core::result<state> take(connection& link, const answer& reply);

  /// @pre take returned `whole`
  void add_to(block_set& blocks) &&;

private:
  core::result<state> add(connection& link, const protocol::read_reply& reply);

  const space_state& space_;
  core::block_key key_;
  std::vector<std::byte> bytes_;
  std::uint64_t length_ = 0;
  std::uint64_t offset_ = 0;
  std::uint64_t checksum_ = 0;
  std::uint32_t generation_ = 0;
  std::uint32_t codec_ = 0;
};

/// Adds the leading blocks of `keys` that are present. True when all are.
core::result<bool> inline_read(const space_state& space, connection& link, core::key_span keys,
                               block_set& blocks, const deadline& until);

}  // namespace cellard::library
