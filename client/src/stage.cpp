// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "client/src/stage.hpp"

#include <algorithm>

namespace cellard::library {

using core::errc;
using core::fail;
using core::ok_t;

stage::~stage() {
  std::vector<std::uint32_t> tickets;
  for (const auto& entry : entries_) {
    if (!used_ && entry.status == errc::ok) {
      tickets.push_back(entry.ticket);
    }
  }
  if (tickets.empty() || inherited()) {
    return;
  }
  if (auto entered = enter_same(start()); entered) {
    abort(**entered, std::move(tickets));
  }
}

void stage::abort(connection& link, std::vector<std::uint32_t> tickets) const {
  while (!tickets.empty()) {
    const auto count = std::min(tickets.size(), link.keys_per_request());
    const auto from = tickets.end() - static_cast<std::ptrdiff_t>(count);
    link.post(protocol::abort_request{space_->on(link).handle, {from, tickets.end()}});
    tickets.erase(from, tickets.end());
  }
}

core::result<ok_t> stage::reserve(const stage_request& wanted, const deadline& until) {
  auto entered = space_->client->enter(*space_, until);
  CELLARD_TRY(entered);
  auto& link = **entered;
  epoch_ = link.epoch();
  for (std::size_t at = 0; at < wanted.keys.size();) {
    const auto count = std::min(wanted.keys.size() - at, link.keys_per_request());
    const stage_request piece{
      at == 0 ? wanted.parent : wanted.keys[at - 1], wanted.keys.subspan(at, count),
      wanted.lengths.empty() ? wanted.lengths : wanted.lengths.subspan(at, count)};
    CELLARD_TRY(reserve_piece(link, piece, until));
    at += count;
  }
  return take_room(link, until);
}

core::result<ok_t> stage::reserve_piece(connection& link, const stage_request& wanted,
                                        const deadline& until) {
  protocol::reserve_request request;
  request.space = space_->on(link).handle;
  request.parent = wanted.parent;
  request.keys = wanted.keys;
  const auto reply = link.call<protocol::reserve_reply>(request, space_->id, until);
  CELLARD_TRY(reply);
  if (reply->entries.size() != wanted.keys.size()) {
    return link.lose({errc::bad_frame, fmt::format("{} answers to a reserve of {} keys",
                                                   reply->entries.size(), wanted.keys.size())});
  }
  for (std::size_t i = 0; i < reply->entries.size(); ++i) {
    const auto& [status, ticket] = reply->entries[i];
    entries_.push_back(
      {known(status), ticket, 0, wanted.lengths.empty() ? space_->block_bytes : wanted.lengths[i]});
  }
  return ok_t{};
}

core::result<ok_t> stage::take_room(connection& link, const deadline& until) {
  std::uint64_t bytes = 0;
  for (const auto& entry : entries_) {
    bytes += entry.status == errc::ok ? staging_area::rounded(entry.length) : 0;
  }
  if (bytes == 0) {
    return ok_t{};
  }
  CELLARD_TRY(link.ensure_staging(bytes, bytes, until));  // all are written before any is sent
  std::vector<std::uint32_t> without;
  for (auto& entry : entries_) {
    if (entry.status != errc::ok) {
      continue;
    }
    entry.range = ranges_->size();
    if (!without.empty() || !staging_range::take(link.staging, entry.length, *ranges_)) {
      without.push_back(entry.ticket);  // a chain ends here, so what follows goes too
      entry.status = errc::busy;
    }
  }
  abort(link, std::move(without));
  return ok_t{};
}

core::result<session> stage::enter_same(const deadline& until) const {
  auto entered = space_->client->enter_connected(until);
  CELLARD_TRY(entered);
  if ((*entered)->epoch() != epoch_ || !(*entered)->spaces.contains(space_->id)) {
    return fail(errc::unavailable, "the connection that reserved these keys is lost or its "
                                   "namespace closed: reserve them again");
  }
  return entered;
}

core::result<ok_t> stage::commit_piece(connection& link, std::span<const std::size_t> indices,
                                       const deadline& until) {
  protocol::commit_request request;
  request.space = space_->on(link).handle;
  for (const auto index : indices) {
    const auto& entry = entries_[index];
    request.entries.push_back(
      {entry.ticket, static_cast<std::uint32_t>(entry.length), (*ranges_)[entry.range].offset()});
  }
  const auto reply = link.call<protocol::status_list_reply>(request, space_->id, until, ranges_);
  CELLARD_TRY(reply);
  if (reply->statuses.size() != indices.size()) {
    return link.lose({errc::bad_frame, fmt::format("{} statuses for {} tickets",
                                                   reply->statuses.size(), indices.size())});
  }
  for (std::size_t i = 0; i < indices.size(); ++i) {
    entries_[indices[i]].status = known(reply->statuses[i]);
  }
  return ok_t{};
}

core::result<ok_t> stage::commit(const deadline& until) {
  std::vector<std::size_t> indices;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].status == errc::ok) {
      indices.push_back(i);
    }
  }
  used_ = true;
  if (indices.empty()) {
    return ok_t{};
  }
  auto entered = enter_same(until);
  core::result<ok_t> outcome = ok_t{};
  if (entered) {
    outcome = write_inline(**entered, ranges_, until);
  } else {
    outcome = tl::unexpected<core::error>(entered.error());
  }
  std::size_t at = 0;
  while (outcome && at < indices.size()) {
    const auto count = std::min(indices.size() - at,
                                (*entered)->entries_per_request(sizeof(protocol::commit_entry)));
    outcome = commit_piece(**entered, std::span{indices}.subspan(at, count), until);
    at += outcome ? count : 0;
  }
  std::vector<std::uint32_t> tickets;
  for (; at < indices.size(); ++at) {
    entries_[indices[at]].status = outcome.error().code();
    tickets.push_back(entries_[indices[at]].ticket);
  }
  if (entered && !(*entered)->lost()) {
    abort(**entered, std::move(tickets));  // what the daemon has published meanwhile stays
  }
  // The slots stay this stage's until it is freed: a view that is still written to must not reach
  // somebody else's block.
  return outcome;
}

}  // namespace cellard::library
