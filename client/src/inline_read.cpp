// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "client/src/inline_read.hpp"

#include <algorithm>
#include <cstring>
#include <optional>

namespace cellard::library {
namespace {

using core::errc;

/// What a get reports as a miss: absent, taken back meanwhile, or not there yet.
bool means_miss(errc code) noexcept {
  return code == errc::not_found || code == errc::gone || code == errc::pending
         || code == errc::corrupt;
}

struct whole_block {
  std::vector<std::byte> bytes;
  std::uint64_t length = 0;
  std::uint64_t checksum = 0;
};

/// Reads one piece and appends it. False when the block is not the one that the first piece came
/// from.
core::result<bool> read_piece(const space_state& space, connection& link,
                              protocol::read_request& request, whole_block& block,
                              const deadline& until) {
  const bool first = request.offset == 0;
  const auto reply = link.call<protocol::read_reply>(request, space.id, until);
  CELLARD_TRY(reply);
  if (first) {
    block.length = reply->total;
    block.checksum = reply->checksum;
    request.generation = reply->generation;
  }
  if (reply->codec != 0 || reply->generation != request.generation
      || (space.fixed_length() && reply->total != space.block_bytes)) {
    return false;
  }
  const auto size = reply->bytes.size();
  if (reply->total != block.length || block.length > space.block_bytes
      || size > block.length - request.offset || (size == 0 && request.offset < block.length)) {
    return link.lose({errc::bad_frame, fmt::format("{} bytes at {} of a block of {}", size,
                                                   request.offset, reply->total)});
  }
  if (first) {
    block.bytes.resize(block.length);
  }
  if (size > 0) {
    std::memcpy(block.bytes.data() + request.offset, reply->bytes.data(), size);
  }
  request.offset += size;
  return true;
}

core::result<std::optional<whole_block>> read_block(const space_state& space, connection& link,
                                                    const core::block_key& key,
                                                    const deadline& until) {
  whole_block block;
  protocol::read_request request;
  request.space = space.on(link).handle;
  request.key = key;
  do {
    const auto left = request.offset == 0 ? space.block_bytes : block.length - request.offset;
    request.length = static_cast<std::uint32_t>(std::min<std::uint64_t>(left, link.inline_piece()));
    auto same = read_piece(space, link, request, block, until);
    if (!same && (link.lost() || !means_miss(same.error().code()))) {
      return tl::unexpected<core::error>(std::move(same).error());
    }
    if (!same || !*same) {
      return std::optional<whole_block>{};
    }
  } while (request.offset < block.length);
  return std::optional<whole_block>{std::move(block)};
}

}  // namespace

core::result<bool> inline_read(const space_state& space, connection& link, core::key_span keys,
                               block_set& blocks, const deadline& until) {
  for (const auto& key : keys) {
    auto block = read_block(space, link, key, until);
    CELLARD_TRY(block);
    if (!*block) {
      return false;
    }
    blocks.add(std::move((*block)->bytes), (*block)->checksum);
  }
  return true;
}

}  // namespace cellard::library
