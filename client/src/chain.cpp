// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "client/src/chain.hpp"

#include "protocol/fields.hpp"

#include <algorithm>

namespace cellard::library {

using core::errc;
using core::key_span;

protocol::chain_request chain_request_of(const open_space& space, protocol::opcode op,
                                         key_span keys, std::uint32_t argument) {
  return {op, space.handle, 0, 0, argument, keys};
}

core::result<bool> add_match(connection& link, protocol::match_reply& sum,
                             const protocol::match_reply& piece, std::size_t size) {
  if (piece.matched > size || piece.ready > piece.matched) {
    return link.lose({errc::bad_frame, fmt::format("{} of {} keys matched, {} ready", piece.matched,
                                                   size, piece.ready)});
  }
  // Only the leading ones count as ready: a piece behind one that is not adds none.
  sum.ready += sum.ready == sum.matched ? piece.ready : 0;
  sum.matched += piece.matched;
  sum.loading += piece.loading;
  return piece.matched == size;
}

core::result<protocol::match_reply> match(const space_state& space, protocol::opcode op,
                                          key_span keys, const deadline& until) {
  protocol::match_reply sum;
  auto entered = space.client->enter(space, until);
  CELLARD_TRY(entered);
  auto& link = **entered;
  while (!keys.empty()) {
    const auto piece = keys.first(std::min(keys.size(), link.keys_per_request()));
    const auto reply = link.call<protocol::match_reply>(chain_request_of(space.on(link), op, piece),
                                                        space.id, until);
    CELLARD_TRY(reply);
    const auto more = add_match(link, sum, *reply, piece.size());
    CELLARD_TRY(more);
    if (!*more) {
      break;
    }
    keys = keys.subspan(piece.size());
  }
  return sum;
}

core::result<std::uint32_t> count(const space_state& space, protocol::opcode op, key_span keys,
                                  std::uint32_t argument) {
  std::uint32_t sum = 0;
  const auto until = space.client->start();
  auto entered = space.client->enter(space, until);
  CELLARD_TRY(entered);
  auto& link = **entered;
  while (!keys.empty()) {
    const auto piece = keys.first(std::min(keys.size(), link.keys_per_request()));
    const auto reply = link.call<protocol::count_reply>(
      chain_request_of(space.on(link), op, piece, argument), space.id, until);
    CELLARD_TRY(reply);
    sum += reply->count;
    keys = keys.subspan(piece.size());
  }
  return sum;
}

core::result<protocol::count_reply> scrub(const space_state& space, key_span keys) {
  protocol::count_reply sum{0, 0};
  const auto until = space.client->start();
  auto entered = space.client->enter(space, until);
  CELLARD_TRY(entered);
  auto& link = **entered;
  if ((link.server().features & protocol::feature_scrub) == 0) {
    return core::fail(errc::unsupported_version,
                      "{} does not overwrite removed blocks; cellard_remove only removes them",
                      link.server().server);
  }
  while (!keys.empty()) {
    const auto piece = keys.first(std::min(keys.size(), link.keys_per_request()));
    auto request = chain_request_of(space.on(link), protocol::opcode::remove, piece);
    request.flags = protocol::scrub;
    const auto reply = link.call<protocol::count_reply>(request, space.id, until);
    CELLARD_TRY(reply);
    sum.count += reply->count;
    *sum.later += reply->later.value_or(0);
    keys = keys.subspan(piece.size());
  }
  return sum;
}

core::result<protocol::list_reply> list(const space_state& space, std::uint64_t cursor,
                                        std::size_t room) {
  const auto until = space.client->start();
  auto entered = space.client->enter(space, until);
  CELLARD_TRY(entered);
  auto& link = **entered;
  // An entry takes more room in a reply than a key in a request.
  const auto limit =
    std::min(room, link.keys_per_request() * core::block_key::size / sizeof(protocol::list_entry));
  auto reply = link.call<protocol::list_reply>(
    protocol::list_request{space.on(link).handle, static_cast<std::uint32_t>(limit), cursor},
    space.id, until);
  CELLARD_TRY(reply);
  if (reply->entries.size() > limit) {
    return link.lose({errc::bad_frame, fmt::format("a page of at most {} blocks has {}", limit,
                                                   reply->entries.size())});
  }
  return reply;
}

}  // namespace cellard::library
