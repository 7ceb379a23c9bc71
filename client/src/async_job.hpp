// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// One submission on its way: which request it needs next, and what a reply means to it. The queue
// (async.hpp) sends and receives; a job never does, so it is the same whatever the socket does. A
// job is used under the queue's mutex.
#pragma once

#include "client/src/block_set.hpp"
#include "client/src/space_state.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace cellard::library {

/// What a job may know of the others on its connection.
struct surroundings {
  bool opening = false;  ///< another job has asked to open the same namespace
  bool staging = false;  ///< another job, or one that timed out, has asked for a staging area
};

/// What is told of a job that has ended.
struct job_outcome {
  protocol::match_reply match;
  std::uint32_t count = 0;
  std::unique_ptr<block_set> blocks;
};

class job {
public:
  enum class step { waiting, opening, staging, working };

  job(std::shared_ptr<const space_state> space, core::key_span keys)
    : space_(std::move(space)),
      keys_(keys.begin(), keys.end()) {}
  job(const job&) = delete;
  job& operator=(const job&) = delete;
  virtual ~job() = default;

  /// The next request, valid until the next call of this job. Nothing: it waits for another job.
  core::result<std::optional<protocol::request>> next(connection& link, const surroundings& others);

  /// The reply to it. True when the job is done.
  core::result<bool> take(connection& link, const answer& reply);

  /// What the daemon may be reading until it has answered.
  [[nodiscard]] virtual std::shared_ptr<const void> kept() const { return nullptr; }

  /// The job ends, with this status.
  virtual job_outcome finish(core::errc status) = 0;

  [[nodiscard]] step at() const noexcept { return at_; }
  [[nodiscard]] const space_state& space() const noexcept { return *space_; }
  [[nodiscard]] const std::shared_ptr<const space_state>& shared_space() const noexcept {
    return space_;
  }

protected:
  /// Nothing: it needs room in the staging area that other jobs have.
  virtual core::result<std::optional<protocol::request>> next_work(connection& link) = 0;
  virtual core::result<bool> take_work(connection& link, const answer& reply) = 0;

  /// True when `next_work` will take room in the staging area. Nobody may while another area is on
  /// its way: the daemon would read the new one at the old one's offsets.
  [[nodiscard]] virtual bool takes_room() const { return false; }
  /// The area to ask for first; 0: the one that is there will do.
  [[nodiscard]] virtual std::uint64_t room_wanted(const connection& /*link*/) const { return 0; }
  virtual core::result<core::ok_t> room_taken(connection& /*link*/, const answer& /*reply*/) {
    return core::ok_t{};
  }

  [[nodiscard]] core::key_span keys() const noexcept { return keys_; }

  /// The keys of the next request, from `at` on.
  [[nodiscard]] core::key_span piece(const connection& link, std::size_t at) const noexcept;

private:
  std::shared_ptr<const space_state> space_;
  std::vector<core::block_key> keys_;
  step at_ = step::waiting;
};

struct put_request;

std::unique_ptr<job> make_match_job(std::shared_ptr<const space_state> space, protocol::opcode op,
                                    core::key_span keys);
std::unique_ptr<job> make_count_job(std::shared_ptr<const space_state> space, protocol::opcode op,
                                    core::key_span keys, std::uint32_t argument);
std::unique_ptr<job> make_get_job(std::shared_ptr<const space_state> space, core::key_span keys,
                                  std::shared_ptr<lease_home> home);

/// The lists are copied; the bytes that they name, and `statuses` (one a key, or null), are the
/// caller's until the job is finished.
std::unique_ptr<job> make_put_job(std::shared_ptr<const space_state> space,
                                  const put_request& wanted, int* statuses);

}  // namespace cellard::library
