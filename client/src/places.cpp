// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "client/src/places.hpp"

#include "client/src/payload_hash.hpp"

namespace cellard::library {

using core::errc;

namespace {

bool understood(const space_state& space, const protocol::place& place) noexcept {
  if (place.codec == container_codec_number) {
    return space.fixed_length() && place.length <= space.block_bytes;
  }
  return place.codec == 0
         && (space.fixed_length() ? place.length == space.block_bytes
                                  : place.length <= space.block_bytes);
}

}  // namespace

core::result<placed> take_places(const space_state& space, connection& link, std::size_t keys,
                                 block_set& blocks, const answer& reply) {
  auto& known = space.on(link);
  const auto body = link.decoded<protocol::get_reply>(reply);
  CELLARD_TRY(body);
  blocks.add_lease(body->lease, link.epoch());
  if (auto adopted = known.segments.adopt(body->new_segments, reply.passed); !adopted) {
    return link.lose(std::move(adopted).error());
  }
  if (body->places.size() > keys) {
    return link.lose(
      {errc::bad_frame, fmt::format("{} places for {} keys", body->places.size(), keys)});
  }
  placed done;
  blocks.expect(body->places.size());
  for (std::size_t i = 0; i < body->places.size(); ++i) {
    const auto& place = body->places[i];
    const auto* where = known.segments.find(place);
    if (where == nullptr) {
      return link.lose(known.segments.refusal(place));
    }
    if (!understood(space, place)) {
      break;
    }
    if (where->bytes == nullptr) {
      done.unmapped = true;
      break;
    }
    blocks.add(*where, place);
    if (place.codec != 0) {
      blocks.last_is_coded(space.layout);
      if (!body->errors.empty()) {
        blocks.last_errs(body->errors[i]);
      }
    }
    ++done.added;
  }
  return done;
}

void cut_wrong(block_set& blocks, const std::function<void(std::size_t)>& report) {
  for (std::size_t i = 0; i < blocks.views().size(); ++i) {
    const auto& view = blocks.views()[i];
    if (hash_of({view.data, view.length}) != view.checksum) {
      if (blocks.current(i)) {
        report(i);
      }
      blocks.truncate(i);
    }
  }
}

}  // namespace cellard::library
