// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "client/src/put.hpp"

#include "client/src/chain.hpp"
#include "client/src/copy_bytes.hpp"
#include "client/src/inline_write.hpp"

#include <algorithm>
#include <numeric>

namespace cellard::library {
namespace {

using core::errc;
using core::fail;
using core::ok_t;

// A batch: so many blocks, or so many bytes where blocks are small. The next batch finds the memory
// warm.
constexpr std::uint64_t blocks_at_once = 16;
constexpr std::uint64_t bytes_at_once = 8U << 20;

// From here on a look whether blocks are there costs less than copying what would be thrown away.
constexpr std::uint64_t worth_a_lookup = 4U << 20;

bool is_there(errc status) noexcept {
  return status == errc::ok || status == errc::exists;
}

/// What one call of put works through.
struct progress {
  const put_request& wanted;
  const std::vector<std::uint64_t>& lengths;
  std::span<int> statuses;
  std::size_t at = 0;  ///< keys before it are settled
};

/// A part of the chain whose bytes have room in the staging area.
struct batch {
  range_list ranges = std::make_shared<std::vector<staging_range>>();
  std::uint64_t epoch = 0;
};

core::result<batch> take_room(const space_state& space, const progress& state,
                              const deadline& until) {
  batch made;
  auto entered = space.client->enter(space, until);
  CELLARD_TRY(entered);
  auto& link = **entered;
  made.epoch = link.epoch();
  const auto rest = std::span{state.lengths}.subspan(state.at);
  if (rest[0] > link.server().staging_bytes) {
    return fail(errc::limit_reached,
                "a block of {} bytes does not fit into the {} bytes of limits.staging", rest[0],
                link.server().staging_bytes);
  }
  const auto most = std::max(blocks_at_once * staging_area::rounded(rest[0]), bytes_at_once);
  const auto entries = std::min(rest.size(), link.entries_per_request(sizeof(protocol::put_entry)));
  std::uint64_t bytes = 0;
  std::size_t count = 0;
  while (count < entries && bytes < most) {
    bytes += staging_area::rounded(rest[count++]);
  }
  CELLARD_TRY(link.ensure_staging(bytes, staging_area::rounded(rest[0]), until));
  while (made.ranges->size() < count
         && staging_range::take(link.staging, rest[made.ranges->size()], *made.ranges)) {}
  return made;
}

void gather(const put_request& wanted, std::size_t key, std::byte* to) noexcept {
  for (const auto& piece : wanted.buffers.subspan(key * wanted.per_block, wanted.per_block)) {
    copy_bytes(to, piece.data, piece.length);
    to += piece.length;
  }
}

core::result<ok_t> send(const space_state& space, progress& state, const batch& full,
                        const deadline& until) {
  auto entered = space.client->enter_connected(until);
  CELLARD_TRY(entered);
  auto& link = **entered;
  if (link.epoch() != full.epoch || !link.spaces.contains(space.id)) {
    return fail(errc::unavailable, "the connection was lost while blocks were copied for it");
  }
  CELLARD_TRY(write_inline(link, full.ranges, until));
  protocol::put_request request;
  request.space = space.on(link).handle;
  request.parent = state.at == 0 ? state.wanted.parent : state.wanted.keys[state.at - 1];
  for (const auto& range : *full.ranges) {
    request.entries.push_back({state.wanted.keys[state.at + request.entries.size()], range.offset(),
                               static_cast<std::uint32_t>(range.length()), 0});
  }
  const auto reply = link.call<protocol::status_list_reply>(request, space.id, until, full.ranges);
  CELLARD_TRY(reply);
  if (reply->statuses.size() != request.entries.size()) {
    return link.lose(
      {errc::bad_frame,
       fmt::format("{} statuses for {} blocks", reply->statuses.size(), request.entries.size())});
  }
  for (const auto status : reply->statuses) {
    state.statuses[state.at++] = static_cast<int>(known(status));
  }
  return ok_t{};
}

/// Settles some keys, at least one.
core::result<ok_t> put_batch(const space_state& space, progress& state, const deadline& until) {
  const auto taken = take_room(space, state, until);
  CELLARD_TRY(taken);
  if (taken->ranges->empty()) {
    state.statuses[state.at++] = static_cast<int>(errc::busy);  // stages of this client hold it all
    return ok_t{};
  }
  for (std::size_t i = 0; i < taken->ranges->size(); ++i) {
    gather(state.wanted, state.at + i, (*taken->ranges)[i].data());
  }
  until.waited();  // copying takes its time too
  return send(space, state, *taken, until);
}

/// What is present is always a beginning of the chain.
core::result<ok_t> skip_present(const space_state& space, progress& state, const deadline& until) {
  const auto bytes = std::accumulate(state.lengths.begin(), state.lengths.end(), std::uint64_t{0});
  if (bytes < worth_a_lookup) {
    return ok_t{};
  }
  const auto found = match(space, protocol::opcode::lookup, state.wanted.keys, until);
  CELLARD_TRY(found);
  state.at = found->matched;
  std::fill_n(state.statuses.begin(), state.at, static_cast<int>(errc::exists));
  return ok_t{};
}

core::result<ok_t> put_all(const space_state& space, progress& state, const deadline& until) {
  CELLARD_TRY(skip_present(space, state, until));
  while (state.at < state.wanted.keys.size()) {
    CELLARD_TRY(put_batch(space, state, until));
    const auto last = static_cast<errc>(state.statuses[state.at - 1]);
    if (!is_there(last) && last != errc::pending) {
      break;  // the chain ends here: for the others there is no parent
    }
  }
  return ok_t{};
}

std::vector<std::uint64_t> lengths_of(const put_request& wanted) {
  std::vector<std::uint64_t> lengths(wanted.keys.size());
  for (std::size_t i = 0; i < wanted.buffers.size(); ++i) {
    lengths[i / wanted.per_block] += wanted.buffers[i].length;
  }
  return lengths;
}

}  // namespace

core::result<ok_t> check_lengths(const space_state& space, std::span<const std::uint64_t> lengths) {
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    const bool wrong = space.fixed_length() ? lengths[i] != space.block_bytes
                                            : lengths[i] < 1 || lengths[i] > space.block_bytes;
    if (wrong) {
      return fail(errc::invalid_argument, "block {} has {} bytes, the layout of '{}' asks for {}{}",
                  i, lengths[i], space.name, space.fixed_length() ? "" : "1 to ",
                  space.block_bytes);
    }
  }
  return ok_t{};
}

core::result<ok_t> put(const space_state& space, const put_request& wanted, std::span<int> statuses,
                       std::size_t& stored) {
  const auto lengths = lengths_of(wanted);
  std::fill(statuses.begin(), statuses.end(), static_cast<int>(errc::no_parent));
  progress state{wanted, lengths, statuses, 0};
  auto outcome = check_lengths(space, lengths);
  if (outcome) {
    outcome = put_all(space, state, space.client->start());
  }
  if (!outcome) {
    std::fill(statuses.begin() + static_cast<std::ptrdiff_t>(state.at), statuses.end(),
              static_cast<int>(outcome.error().code()));
  }
  stored = static_cast<std::size_t>(std::count_if(
    statuses.begin(), statuses.end(), [](int code) { return is_there(static_cast<errc>(code)); }));
  return outcome;
}

}  // namespace cellard::library
