// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "client/src/inline_read.hpp"

#include <algorithm>
#include <cstring>

namespace cellard::library {
namespace {

using core::errc;

/// What a get reports as a miss: absent, taken back meanwhile, or not there yet.
bool means_miss(errc code) noexcept {
  return code == errc::not_found || code == errc::gone || code == errc::pending
         || code == errc::corrupt;
}

}  // namespace

inline_reader::inline_reader(const space_state& space, const core::block_key& key)
  : space_(space),
    key_(key) {
}

protocol::read_request inline_reader::next(connection& link) const {
  protocol::read_request request;
  request.space = space_.on(link).handle;
  request.key = key_;
  request.generation = generation_;
  request.offset = offset_;
  const auto left = offset_ == 0 ? space_.block_bytes : length_ - offset_;
  request.length = static_cast<std::uint32_t>(std::min<std::uint64_t>(left, link.inline_piece()));
  return request;
}

core::result<inline_reader::state> inline_reader::take(connection& link, const answer& reply) {
  const auto piece = link.decoded<protocol::read_reply>(reply);
  if (!piece && (link.lost() || !means_miss(piece.error().code()))) {
    return tl::unexpected<core::error>(piece.error());
  }
  return piece ? add(link, *piece) : state::miss;
}

/// A block that is not the one that the first piece came from is a miss.
core::result<inline_reader::state> inline_reader::add(connection& link,
                                                      const protocol::read_reply& reply) {
  const bool first = offset_ == 0;
  if (first) {
    length_ = reply.total;
    checksum_ = reply.checksum;
    generation_ = reply.generation;
    codec_ = reply.codec;
  }
  const bool coded = space_.fixed_length() && codec_ == container_codec_number;
  if (reply.codec != codec_ || reply.generation != generation_ || (codec_ != 0 && !coded)
      || (codec_ == 0 && space_.fixed_length() && reply.total != space_.block_bytes)) {
    return state::miss;
  }
  const auto size = reply.bytes.size();
  if (reply.total != length_ || length_ > space_.block_bytes || size > length_ - offset_
      || (size == 0 && offset_ < length_)) {
    return link.lose({errc::bad_frame,
                      fmt::format("{} bytes at {} of a block of {}", size, offset_, reply.total)});
  }
  if (first) {
    bytes_.resize(length_);
  }
  if (size > 0) {
    std::memcpy(bytes_.data() + offset_, reply.bytes.data(), size);
  }
  offset_ += size;
  return offset_ < length_ ? state::more : state::whole;
}

void inline_reader::add_to(block_set& blocks) && {
  blocks.add(std::move(bytes_), checksum_, codec_);
  if (codec_ != 0) {
    blocks.last_is_coded(space_.layout);
  }
}

core::result<bool> inline_read(const space_state& space, connection& link, core::key_span keys,
                               block_set& blocks, const deadline& until) {
  for (const auto& key : keys) {
    inline_reader reader{space, key};
    auto state = inline_reader::state::more;
    while (state == inline_reader::state::more) {
      const auto reply = link.exchange(reader.next(link), space.id, until);
      CELLARD_TRY(reply);
      const auto taken = reader.take(link, *reply);
      CELLARD_TRY(taken);
      state = *taken;
    }
    if (state == inline_reader::state::miss) {
      return false;
    }
    std::move(reader).add_to(blocks);
  }
  return true;
}

}  // namespace cellard::library
