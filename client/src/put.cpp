// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "client/src/put.hpp"

#include "client/src/chain.hpp"
#include "client/src/inline_write.hpp"
#include "client/src/put_batch.hpp"

#include <algorithm>

namespace cellard::library {
namespace {

using core::errc;
using core::fail;
using core::ok_t;

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
  const auto size = size_batch(link, rest);
  CELLARD_TRY(size);
  CELLARD_TRY(link.ensure_staging(size->bytes, staging_area::rounded(rest[0]), until));
  while (made.ranges->size() < size->blocks
         && staging_range::take(link.staging, rest[made.ranges->size()], *made.ranges)) {}
  return made;
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
  const auto reply =
    link.exchange(put_request_of(space.on(link), state.wanted, state.at, *full.ranges), space.id,
                  until, full.ranges);
  CELLARD_TRY(reply);
  return take_statuses(link, *reply, full.ranges->size(), state.statuses, state.at);
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
  if (!worth_a_lookup(state.lengths)) {
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
    if (ends_chain(static_cast<errc>(state.statuses[state.at - 1]))) {
      break;  // the chain ends here: for the others there is no parent
    }
  }
  return ok_t{};
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
  stored = count_stored(statuses);
  return outcome;
}

}  // namespace cellard::library
