// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Requests that bring bytes: stage, write, reserve, put, commit, abort. Everything a client says
// about its staging area is checked here; from then on offsets are trusted, the bytes behind them
// never are.
#include "actors/session.hpp"
#include "protocol/fields.hpp"

#include <algorithm>
#include <cstring>

namespace cellard::actors {

using core::errc;

bool session_state::may_write(const inbound_ptr& from) {
  if (setup_.counters->draining.load(std::memory_order_relaxed)) {
    answer(*from,
           core::error(errc::shutting_down, "the daemon is draining and takes no new blocks"));
    return false;
  }
  return true;
}

bool session_state::inside_staging(const inbound_ptr& from, std::uint64_t offset,
                                   std::uint64_t length) {
  if (!staging_) {
    refuse(*from, errc::not_open, "this connection has no staging area; ask for one with stage");
    return false;
  }
  if (!staging_->holds(offset, length)) {
    refuse(*from, errc::invalid_argument,
           fmt::format("bytes {} to {} are outside of the staging area of {} bytes", offset,
                       offset + length, staging_->memory().bytes()));
    return false;
  }
  return true;
}

void session_state::on(const inbound_ptr& from, const protocol::stage_request& request) {
  const auto limit = setup_.settings->limits.staging_bytes;
  if (request.bytes == 0 || request.bytes > limit) {
    refuse(*from, request.bytes == 0 ? errc::invalid_argument : errc::limit_reached,
           fmt::format("stage: {} bytes asked for, allowed are 1 to limits.staging ({})",
                       request.bytes, limit));
    return;
  }
  if (request.least > request.bytes
      || (request.least != 0 && (features_ & protocol::feature_least) == 0)) {
    refuse(*from, errc::invalid_argument,
           fmt::format("stage: at least {} of {} bytes asked for; least is at most bytes, and of a "
                       "feature that hello has to name",
                       request.least, request.bytes));
    return;
  }
  const auto whole = [](std::uint64_t bytes) {
    const auto page = core::segment::page_bytes;
    return (bytes + page - 1) / page * page;
  };
  staging_.reset();  // what is being copied keeps the old area until it is done
  expect(from);
  self
    ->request(setup_.memory, caf::infinite, stage_atom::value, whole(request.bytes),
              whole(request.least == 0 ? request.bytes : request.least))
    .then(
      [this, from](const core::result<core::staging_ptr>& made) {
        if (!still_expected(*from)) {
          return;
        }
        if (!made) {
          answer(*from, made.error());
          return;
        }
        staging_ = *made;
        const int descriptor = staging_->memory().descriptor();
        const auto shared =
          setup_.who.shared_memory ? std::span<const int>{&descriptor, 1} : std::span<const int>{};
        answer(*from, protocol::stage_reply{staging_->memory().bytes()}, shared, staging_);
      },
      gone(from));
}

void session_state::on(const inbound_ptr& from, const protocol::write_request& request) {
  if (may_write(from) && inside_staging(from, request.offset, request.bytes.size())) {
    if (!request.bytes.empty()) {
      std::memcpy(staging_->memory().data().data() + request.offset, request.bytes.data(),
                  request.bytes.size());
    }
    answer(*from, protocol::count_reply{static_cast<std::uint32_t>(request.bytes.size())});
  }
}

void session_state::on(const inbound_ptr& from, const protocol::reserve_request& request) {
  space* where = find(from, request.space, request.salt);
  if (where == nullptr || !may_write(from) || !few_enough(from, request.keys.size())) {
    return;
  }
  self
    ->request(where->opened.shard, caf::infinite, reserve_atom::value,
              call_of(from, *where, request.salt))
    .then(
      [this, from](const std::vector<core::reservation>& given) {
        protocol::reserve_reply reply;
        for (const auto& each : given) {
          reply.entries.push_back({each.status, each.ticket});
        }
        answer(*from, reply);
      },
      [this, from](const caf::error&) {
        refuse(*from, errc::shutting_down, "the namespace is ending");
      });
}

void session_state::on(const inbound_ptr& from, const protocol::put_request& request) {
  space* where = find(from, request.space, request.salt);
  if (where == nullptr || !may_write(from) || !few_enough(from, request.entries.size())) {
    return;
  }
  for (const auto& each : request.entries) {
    if (!inside_staging(from, each.offset, each.length)) {
      return;
    }
  }
  expect(from);
  self
    ->request(where->opened.shard, caf::infinite, put_atom::value,
              call_of(from, *where, request.salt))
    .then(
      [this, from](const std::vector<errc>& statuses) {
        if (still_expected(*from)) {
          answer(*from, protocol::status_list_reply{statuses});
        }
      },
      gone(from));
}

void session_state::on(const inbound_ptr& from, const protocol::commit_request& request) {
  space* where = find(from, request.space);
  if (where == nullptr || !may_write(from) || !few_enough(from, request.entries.size())) {
    return;
  }
  for (const auto& each : request.entries) {
    if (!inside_staging(from, each.offset, each.length)) {
      return;
    }
  }
  expect(from);
  self->request(where->opened.shard, caf::infinite, commit_atom::value, call_of(from, *where, 0))
    .then(
      [this, from](const std::vector<errc>& statuses) {
        if (still_expected(*from)) {
          answer(*from, protocol::status_list_reply{statuses});
        }
      },
      gone(from));
}

void session_state::on(const inbound_ptr& from, const protocol::abort_request& request) {
  space* where = find(from, request.space);
  if (where == nullptr) {
    return;
  }
  self->request(where->opened.shard, caf::infinite, abort_atom::value, call_of(from, *where, 0))
    .then([this, from](std::uint32_t count) { answer(*from, protocol::count_reply{count}); },
          [this, from](const caf::error&) {
            refuse(*from, errc::shutting_down, "the namespace is ending");
          });
}

}  // namespace cellard::actors
