// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The asynchronous form of get.cpp: piece after piece, and block after block through the socket
// where there is no shared memory.
#include "client/src/async_job.hpp"
#include "client/src/chain.hpp"
#include "client/src/inline_read.hpp"
#include "client/src/places.hpp"

namespace cellard::library {
namespace {

using core::errc;

class get_job final : public job {
public:
  get_job(std::shared_ptr<const space_state> space, core::key_span keys,
          std::shared_ptr<lease_home> home)
    : job(std::move(space), keys),
      blocks_(std::make_unique<block_set>(std::move(home))) {}

  job_outcome finish(errc status) override {
    // What goes unused gives its leases back.
    return {{}, 0, status == errc::ok ? std::move(blocks_) : nullptr};
  }

private:
  core::result<std::optional<protocol::request>> next_work(connection& link) override {
    if (!link.server().shared_memory || inline_until_ > done_) {
      if (!reader_) {
        reader_.emplace(space(), keys()[done_]);
      }
      return std::optional<protocol::request>{reader_->next(link)};
    }
    piece_ = piece(link, done_);
    return std::optional<protocol::request>{
      chain_request_of(space().on(link), protocol::opcode::get, piece_)};
  }

  core::result<bool> take_work(connection& link, const answer& reply) override {
    const auto over = reader_ ? take_inline(link, reply) : take_piece(link, reply);
    CELLARD_TRY(over);
    const bool done = *over || done_ == keys().size();
    if (done && space().on(link).verify_always) {
      cut_wrong(*blocks_, [&](std::size_t index) {
        link.post(protocol::corrupt_request{space().on(link).handle, 0, keys()[index]});
      });
    }
    return done;
  }

  /// True when the chain ends here.
  core::result<bool> take_piece(connection& link, const answer& reply) {
    const auto piece = take_places(space(), link, piece_.size(), *blocks_, reply);
    CELLARD_TRY(piece);
    if (piece->unmapped) {
      inline_until_ = done_ + piece_.size();
    }
    done_ += piece->added;
    return !piece->unmapped && piece->added < piece_.size();
  }

  core::result<bool> take_inline(connection& link, const answer& reply) {
    const auto state = reader_->take(link, reply);
    CELLARD_TRY(state);
    if (*state == inline_reader::state::more) {
      return false;
    }
    if (*state == inline_reader::state::whole) {
      std::move(*reader_).add_to(*blocks_);
      ++done_;
    }
    reader_.reset();
    return *state == inline_reader::state::miss;
  }

  std::unique_ptr<block_set> blocks_;
  std::size_t done_ = 0;
  core::key_span piece_;
  std::size_t inline_until_ = 0;  ///< blocks before it cannot be mapped
  std::optional<inline_reader> reader_;
};

}  // namespace

std::unique_ptr<job> make_get_job(std::shared_ptr<const space_state> space, core::key_span keys,
                                  std::shared_ptr<lease_home> home) {
  return std::make_unique<get_job>(std::move(space), keys, std::move(home));
}

}  // namespace cellard::library
