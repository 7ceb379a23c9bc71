// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// A put goes in batches, each of them one request. What a batch is, how it is filled and what its
// answer means is the same in the blocking form (put.cpp) and in the asynchronous one
// (async_put.cpp).
#pragma once

#include "client/src/inline_write.hpp"
#include "client/src/space_state.hpp"

#include <optional>
#include <span>
#include <vector>

#include "cellard/client.h"

namespace cellard::library {

struct put_request {
  std::optional<core::block_key> parent;
  core::key_span keys;
  std::span<const cellard_const_buffer> buffers;  ///< per_block for each key
  std::size_t per_block = 0;
};

/// Of each block, in bytes.
std::vector<std::uint64_t> lengths_of(const put_request& wanted);

/// True when a look whether blocks are there costs less than copying what would be thrown away.
bool worth_a_lookup(std::span<const std::uint64_t> lengths) noexcept;

struct batch_size {
  std::size_t blocks = 0;
  std::uint64_t bytes = 0;  ///< of the staging area
};

/// How much of `lengths` goes into the next request. errc::limit_reached when not even the first
/// block fits into the largest area.
core::result<batch_size> size_batch(const connection& link, std::span<const std::uint64_t> lengths);

/// Copies one block out of the caller's buffers.
void gather(const put_request& wanted, std::size_t key, std::byte* to) noexcept;

/// The request for the blocks from `at` on that lie in these ranges.
protocol::put_request put_request_of(const open_space& space, const put_request& wanted,
                                     std::size_t at, std::span<const staging_range> ranges);

/// The answer for `count` blocks from `at` on, which is moved behind them.
core::result<core::ok_t> take_statuses(connection& link, const answer& reply, std::size_t count,
                                       std::span<int> statuses, std::size_t& at);

/// True when there is no parent for what follows a block of this status.
bool ends_chain(core::errc status) noexcept;

/// How many blocks are there now.
std::size_t count_stored(std::span<const int> statuses) noexcept;

}  // namespace cellard::library
