// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The asynchronous form of chain.cpp: pieces of a chain of keys, one request after the other.
#include "client/src/async_job.hpp"
#include "client/src/chain.hpp"

namespace cellard::library {
namespace {

using core::errc;

/// lookup, touch, prefetch, remove, pin and unpin: they differ in what their replies say.
class chain_job : public job {
public:
  chain_job(std::shared_ptr<const space_state> space, protocol::opcode op, core::key_span keys,
            std::uint32_t argument)
    : job(std::move(space), keys),
      op_(op),
      argument_(argument) {}

private:
  core::result<std::optional<protocol::request>> next_work(connection& link) override {
    piece_ = piece(link, done_);
    return std::optional<protocol::request>{
      chain_request_of(space().on(link), op_, piece_, argument_)};
  }

  core::result<bool> take_work(connection& link, const answer& reply) override {
    const auto more = add(link, reply, piece_.size());
    CELLARD_TRY(more);
    done_ += piece_.size();
    return !*more || done_ == keys().size();
  }

  /// True when the next piece is worth asking for.
  virtual core::result<bool> add(connection& link, const answer& reply, std::size_t size) = 0;

  protocol::opcode op_;
  std::uint32_t argument_;
  std::size_t done_ = 0;
  core::key_span piece_;
};

class match_job final : public chain_job {
public:
  using chain_job::chain_job;

  job_outcome finish(errc status) override {
    return {status == errc::ok ? sum_ : protocol::match_reply{}, 0, nullptr};
  }

private:
  core::result<bool> add(connection& link, const answer& reply, std::size_t size) override {
    const auto body = link.decoded<protocol::match_reply>(reply);
    CELLARD_TRY(body);
    return add_match(link, sum_, *body, size);
  }

  protocol::match_reply sum_;
};

class count_job final : public chain_job {
public:
  using chain_job::chain_job;

  job_outcome finish(errc status) override { return {{}, status == errc::ok ? sum_ : 0, nullptr}; }

private:
  core::result<bool> add(connection& link, const answer& reply, std::size_t /*size*/) override {
    const auto body = link.decoded<protocol::count_reply>(reply);
    CELLARD_TRY(body);
    sum_ += body->count;
    return true;
  }

  std::uint32_t sum_ = 0;
};

}  // namespace

std::unique_ptr<job> make_match_job(std::shared_ptr<const space_state> space, protocol::opcode op,
                                    core::key_span keys) {
  return std::make_unique<match_job>(std::move(space), op, keys, 0);
}

std::unique_ptr<job> make_count_job(std::shared_ptr<const space_state> space, protocol::opcode op,
                                    core::key_span keys, std::uint32_t argument) {
  return std::make_unique<count_job>(std::move(space), op, keys, argument);
}

}  // namespace cellard::library
