// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The asynchronous form: a queue of jobs on a connection of its own (docs/adr/0012). There is no
// thread: `submit` and `poll` send what can be sent, take what has come, end what is too late, and
// connect anew when that is due. Neither waits, except for the mutex, which is only ever held for
// that long, and for copies into the staging area.
//
// Jobs are in one of two lists: waiting (for the connection, for credits, for another job) and
// flying (one request of theirs is on its way). What has ended is kept until it is polled.
//
// It outlives its handle while blocks that were got over it exist.
#pragma once

#include "client/src/async_job.hpp"
#include "client/src/backoff.hpp"
#include "client/src/endpoint.hpp"
#include "client/src/wake.hpp"

#include <deque>
#include <list>
#include <mutex>
#include <set>
#include <unordered_map>
#include <vector>

namespace cellard::library {

/// A submission that has ended.
struct completion {
  std::uint64_t tag = 0;
  std::uint32_t op = 0;
  core::error how{core::errc::ok, {}};
  job_outcome outcome;
};

class async_queue final : public lease_home {
public:
  async_queue(endpoint where, wake descriptor, std::size_t depth);

  /// Takes a job in; how it ends is its completion. errc::busy at `depth` submissions that were not
  /// polled, errc::forked.
  core::result<core::ok_t> submit(std::unique_ptr<job> work, std::uint64_t tag, std::uint32_t op,
                                  std::chrono::milliseconds limit);

  /// Completes something at once: what asks for nothing.
  core::result<core::ok_t> complete(completion done);

  /// Hands out at most `room` completions.
  core::result<std::vector<completion>> poll(std::size_t room);

  /// Readable while poll has something to do.
  [[nodiscard]] int number() const noexcept { return wake_.number(); }

  /// Drops everything; the jobs' memory is not touched any more. In a child: only closes its copies
  /// of descriptors.
  void close();

  void give_back(std::unique_ptr<lease_node> node) noexcept override {
    returned_.push(std::move(node));
  }

  [[nodiscard]] std::chrono::milliseconds usual_deadline() const noexcept {
    return where_.deadline;
  }

private:
  struct entry {
    std::unique_ptr<job> work;
    std::uint64_t tag;
    std::uint32_t op;
    deadline until;
    std::optional<protocol::request> ready;  ///< what the socket had no room for
    std::optional<connection::started> flight;
  };
  using entries = std::list<entry>;

  /// What jobs have asked for on behalf of all.
  struct steps {
    std::vector<std::uint64_t> opening;  ///< namespaces
    bool staging = false;

    void add(const job& work);
  };
  using moment = deadline::clock::time_point;

  [[nodiscard]] core::result<core::ok_t> has_room() const;
  void turn();
  void connect();
  void receive(std::size_t room);
  void take(const answer& reply);
  void expire();
  bool end_late(entries& list, moment now);
  void start_waiting();
  bool start(entries::iterator at, steps& others);
  [[nodiscard]] steps steps_taken() const;
  void close_unused_spaces();
  void lose(core::error why);
  void end(entries& list, entries::iterator at, core::error how);
  void drop_if_lost();
  void forget_link();
  void drop(const core::error& why);
  void arm();

  const endpoint where_;
  const std::size_t depth_;

  std::mutex mutex_;  ///< guards what follows
  wake wake_;
  std::unique_ptr<connection> link_;
  core::error loss_{core::errc::ok, {}};  ///< why the connection was lost
  bool full_ = false;
  backoff backoff_;
  std::uint64_t epoch_ = 0;
  entries waiting_;
  entries flying_;
  std::unordered_map<std::uint32_t, entries::iterator> flights_;
  std::multiset<moment> ends_;  ///< deadlines of both lists
  std::unordered_map<std::uint64_t, std::weak_ptr<const space_state>> spaces_;
  std::deque<completion> done_;
};

}  // namespace cellard::library
