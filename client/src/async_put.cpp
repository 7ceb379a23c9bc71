// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The asynchronous form of put.cpp. Batches of several puts share the staging area; a batch that
// finds no room waits until another's is answered.
#include "client/src/async_job.hpp"
#include "client/src/chain.hpp"
#include "client/src/put_batch.hpp"

#include <algorithm>

namespace cellard::library {
namespace {

using core::errc;
using core::fail;
using core::ok_t;

constexpr std::uint64_t usual_area = 8U << 20;

class put_job final : public job {
public:
  put_job(std::shared_ptr<const space_state> space, const put_request& wanted, int* statuses)
    : job(std::move(space), wanted.keys),
      buffers_(wanted.buffers.begin(), wanted.buffers.end()),
      wanted_{wanted.parent, keys(), buffers_, wanted.per_block},
      lengths_(lengths_of(wanted_)),
      caller_statuses_(statuses),
      statuses_(keys().size(), static_cast<int>(errc::no_parent)),
      look_first_(worth_a_lookup(lengths_)) {}

  [[nodiscard]] std::shared_ptr<const void> kept() const override { return ranges_; }

  job_outcome finish(errc status) override {
    if (status != errc::ok) {
      std::fill(statuses_.begin() + static_cast<std::ptrdiff_t>(done_), statuses_.end(),
                static_cast<int>(status));
    }
    if (caller_statuses_ != nullptr) {
      std::copy(statuses_.begin(), statuses_.end(), caller_statuses_);
    }
    return {{}, static_cast<std::uint32_t>(count_stored(statuses_)), nullptr};
  }

private:
  core::result<std::optional<protocol::request>> next_work(connection& link) override {
    if (look_first_) {
      return std::optional<protocol::request>{
        chain_request_of(space().on(link), protocol::opcode::lookup, piece(link, done_))};
    }
    if (ranges_ == nullptr) {
      const auto filled = fill(link);
      CELLARD_TRY(filled);
      if (!*filled) {
        return std::optional<protocol::request>{};
      }
    }
    if (auto piece = next_inline(link)) {
      return std::optional<protocol::request>{*piece};
    }
    return std::optional<protocol::request>{
      put_request_of(space().on(link), wanted_, done_, *ranges_)};
  }

  /// Takes room for the next batch and copies it there. False: there is none.
  core::result<bool> fill(connection& link) {
    const auto rest = std::span{lengths_}.subspan(done_);
    const auto size = size_batch(link, rest);
    CELLARD_TRY(size);
    auto ranges = std::make_shared<std::vector<staging_range>>();
    while (ranges->size() < size->blocks
           && staging_range::take(link.staging, rest[ranges->size()], *ranges)) {}
    if (ranges->empty() && !link.staging->in_use()) {
      return fail(errc::busy,
                  "the staging area of {} bytes has no room for a block of {}, and no larger one "
                  "was granted; raise limits.staging_total or put again later",
                  link.staging->size(), rest[0]);
    }
    if (ranges->empty()) {
      return false;
    }
    for (std::size_t i = 0; i < ranges->size(); ++i) {
      gather(wanted_, done_ + i, (*ranges)[i].data());
    }
    ranges_ = std::move(ranges);
    return true;
  }

  /// The next bytes that have to travel through the socket, where the area is not mapped.
  std::optional<protocol::write_request> next_inline(connection& link) {
    for (; written_in_ < ranges_->size(); ++written_in_, written_ = 0) {
      auto& range = (*ranges_)[written_in_];
      if (range.is_inline() && written_ < range.length()) {
        const auto size = std::min<std::uint64_t>(range.length() - written_, link.inline_piece());
        writing_ = size;
        return protocol::write_request{range.offset() + written_, {range.data() + written_, size}};
      }
    }
    return std::nullopt;
  }

  core::result<bool> take_work(connection& link, const answer& reply) override {
    if (look_first_) {
      CELLARD_TRY(take_lookup(link, reply));
    } else if (writing_ > 0) {
      CELLARD_TRY(link.decoded<protocol::count_reply>(reply));
      written_ += std::exchange(writing_, 0);
    } else {
      CELLARD_TRY(take_statuses(link, reply, ranges_->size(), statuses_, done_));
      ranges_ = nullptr;
      written_in_ = 0;
      written_ = 0;
      if (ends_chain(static_cast<errc>(statuses_[done_ - 1]))) {
        return true;
      }
    }
    return done_ == keys().size();
  }

  /// What is present is always a beginning of the chain.
  core::result<ok_t> take_lookup(connection& link, const answer& reply) {
    const auto asked = piece(link, done_).size();
    const auto body = link.decoded<protocol::match_reply>(reply);
    CELLARD_TRY(body);
    protocol::match_reply sum;
    const auto more = add_match(link, sum, *body, asked);
    CELLARD_TRY(more);
    std::fill_n(statuses_.begin() + static_cast<std::ptrdiff_t>(done_), sum.matched,
                static_cast<int>(errc::exists));
    done_ += sum.matched;
    look_first_ = *more && done_ < keys().size();
    return ok_t{};
  }

  [[nodiscard]] bool takes_room() const override { return !look_first_ && ranges_ == nullptr; }

  /// Twice a batch, so that one is filled while the daemon copies another. An area that is in use
  /// is not replaced: offsets of what is on its way refer to it.
  [[nodiscard]] std::uint64_t room_wanted(const connection& link) const override {
    const auto batch = size_batch(link, std::span{lengths_}.subspan(done_));
    const auto most = std::max<std::uint64_t>(link.server().staging_bytes, 1);
    const auto bytes = batch ? batch->bytes : 1;
    const bool enough =
      link.staging != nullptr
      && (link.staging->in_use() || link.staging->size() >= std::min(bytes, most) || refused_ > 0);
    if (enough) {
      return 0;
    }
    return std::min(refused_ > 0 ? std::min(bytes, usual_area) : std::max(2 * bytes, usual_area),
                    most);
  }

  /// The staging memory of all sessions may be used up: then the least that is of use is asked for.
  core::result<ok_t> room_taken(connection& link, const answer& reply) override {
    auto taken = link.take_staging(reply);
    if (taken) {
      return ok_t{};
    }
    if (reply.frame.header.status == 0) {
      return link.lose(std::move(taken).error());
    }
    if (taken.error().code() != errc::limit_reached || ++refused_ > 1) {
      return taken;
    }
    return ok_t{};
  }

  std::vector<cellard_const_buffer> buffers_;
  put_request wanted_;
  std::vector<std::uint64_t> lengths_;
  int* caller_statuses_;
  std::vector<int> statuses_;
  bool look_first_;
  std::size_t done_ = 0;  ///< keys before it are settled
  range_list ranges_;     ///< of the batch on its way
  std::size_t written_in_ = 0;
  std::uint64_t written_ = 0;
  std::uint64_t writing_ = 0;
  unsigned refused_ = 0;
};

}  // namespace

std::unique_ptr<job> make_put_job(std::shared_ptr<const space_state> space,
                                  const put_request& wanted, int* statuses) {
  return std::make_unique<put_job>(std::move(space), wanted, statuses);
}

}  // namespace cellard::library
