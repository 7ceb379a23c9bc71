// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "client/src/get.hpp"

#include "client/src/chain.hpp"
#include "client/src/copy_bytes.hpp"
#include "client/src/inline_read.hpp"
#include "client/src/payload_hash.hpp"
#include "client/src/places.hpp"

#include <algorithm>
#include <cstring>

namespace cellard::library {
namespace {

using core::errc;
using core::fail;
using core::key_span;
using core::ok_t;

constexpr std::size_t hash_piece =
  64 * 1024;  // still in the cache when it is hashed, right after its copy

/// Adds the blocks of one reply. True when all of `keys` were added, so that the next piece is
/// worth asking for.
core::result<bool> add_piece(const space_state& space, connection& link, key_span keys,
                             block_set& blocks, const deadline& until) {
  const auto reply =
    link.exchange(chain_request_of(space.on(link), protocol::opcode::get, keys), space.id, until);
  CELLARD_TRY(reply);
  const auto piece = take_places(space, link, keys.size(), blocks, *reply);
  CELLARD_TRY(piece);
  if (piece->unmapped) {
    return inline_read(space, link, keys.subspan(piece->added), blocks, until);
  }
  return piece->added == keys.size();
}

struct found {
  std::unique_ptr<block_set> blocks;
  bool verify = false;
};

core::result<found> find(const space_state& space, key_span keys) {
  // Declared before the session, hence destroyed after it: giving leases back takes the lock.
  found result{std::make_unique<block_set>(space.client)};
  const auto until = space.client->start();
  auto entered = space.client->enter(space, until);
  CELLARD_TRY(entered);
  auto& link = **entered;
  result.verify = space.on(link).verify_always;
  bool more = true;
  while (more && !keys.empty()) {
    const auto piece = keys.first(std::min(keys.size(), link.keys_per_request()));
    const auto added = link.server().shared_memory
                         ? add_piece(space, link, piece, *result.blocks, until)
                         : inline_read(space, link, piece, *result.blocks, until);
    CELLARD_TRY(added);
    more = *added;
    keys = keys.subspan(piece.size());
  }
  return result;
}

/// The daemon looks at the block itself before it drops it.
void report_corrupt(const space_state& space, const core::block_key& key) {
  auto entered = space.client->enter_connected(space.client->start());
  if (entered && (*entered)->spaces.contains(space.id)) {
    (*entered)->post(protocol::corrupt_request{space.on(**entered).handle, 0, key});
  }
}

/// One raw block into its pieces. False when the pieces are too small for it.
bool scatter(const block_view& view, std::span<const cellard_buffer> pieces, payload_hash* hash) {
  std::size_t at = 0;
  for (const auto& piece : pieces) {
    auto* to = static_cast<std::byte*>(piece.data);
    const auto size = std::min(piece.length, view.length - at);
    if (hash == nullptr) {
      copy_bytes(to, view.data + at, size);
    }
    for (std::size_t done = 0; hash != nullptr && done < size; done += hash_piece) {
      const auto part = std::min(hash_piece, size - done);
      std::memcpy(to + done, view.data + at + done, part);
      hash->update({to + done, part});
    }
    at += size;
  }
  return at == view.length;
}

/// One encoded block into its pieces, which have its raw size together.
core::result<ok_t> decode(const block_view& view, std::span<const cellard_buffer> pieces,
                          payload_hash* hash) {
  if (hash != nullptr) {
    hash->update({view.data, view.length});
  }
  std::size_t at = 0;
  for (const auto& piece : pieces) {
    CELLARD_TRY(view.coded->read(at, {static_cast<std::byte*>(piece.data), piece.length}));
    at += piece.length;
  }
  return ok_t{};
}

core::result<ok_t> check_buffers(const space_state& space, std::span<const cellard_buffer> buffers,
                                 std::size_t per_block) {
  for (std::size_t i = 0; space.fixed_length() && i < buffers.size(); i += per_block) {
    std::uint64_t room = 0;
    for (const auto& piece : buffers.subspan(i, per_block)) {
      room += piece.length;
    }
    if (room != space.block_bytes) {
      return fail(errc::invalid_argument, "the buffers of block {} have {} bytes, a block has {}",
                  i / per_block, room, space.block_bytes);
    }
  }
  return ok_t{};
}

}  // namespace

core::result<std::unique_ptr<block_set>> get(const space_state& space, key_span keys) {
  auto got = find(space, keys);
  CELLARD_TRY(got);
  if (got->verify) {
    cut_wrong(*got->blocks, [&](std::size_t index) { report_corrupt(space, keys[index]); });
  }
  return std::move(got->blocks);
}

core::result<ok_t> get_copy(const space_state& space, key_span keys,
                            std::span<const cellard_buffer> buffers, std::size_t per_block,
                            std::size_t& copied) {
  copied = 0;
  CELLARD_TRY(check_buffers(space, buffers, per_block));
  const auto got = find(space, keys);
  CELLARD_TRY(got);
  const auto& blocks = *got->blocks;
  payload_hash hash;
  for (; copied < blocks.views().size() && blocks.current(copied); ++copied) {
    const auto& view = blocks.views()[copied];
    hash.restart();
    const auto pieces = buffers.subspan(copied * per_block, per_block);
    auto* const checked = got->verify ? &hash : nullptr;
    bool wrong = false;
    if (view.coded != nullptr) {
      wrong = !decode(view, pieces, checked);
    } else if (!scatter(view, pieces, checked)) {
      return fail(errc::invalid_argument, "the buffers of block {} are smaller than its {} bytes",
                  copied, view.length);
    }
    if (!blocks.current(copied)) {
      break;
    }
    if (wrong || (got->verify && hash.value() != view.checksum)) {
      report_corrupt(space, keys[copied]);
      break;
    }
  }
  return ok_t{};
}

}  // namespace cellard::library
