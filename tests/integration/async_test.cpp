// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The asynchronous form of the client against the real daemon: what it finds and stores, a daemon
// that is stopped, killed and started again, and a queue that is closed in the middle of puts.
#include "client/include/cellard/async.hpp"

#include "tests/support/store_client.hpp"
#include "tests/support/watcher.hpp"

#include <boost/test/unit_test.hpp>

#include <poll.h>
#include <sys/wait.h>

#include <array>
#include <csignal>
#include <deque>
#include <map>
#include <optional>

namespace cellard::tests {
namespace {

constexpr std::size_t block = 256 * 1024;

/// A queue, and what its submissions refer to.
struct queue {
  explicit queue(const store_client& client) : client_(client), async_(client.connection) {}

  void put(std::uint64_t tag, std::uint64_t first, std::size_t count) {
    auto& each = puts_[tag];
    const auto keys = store_client::keys_of(first, count);
    for (std::size_t i = 0; i < count; ++i) {
      each.bytes.push_back(payload(first + i, 1, block));
      each.buffers.push_back({each.bytes.back().data(), block});
    }
    each.statuses.assign(count, -1);
    async_->submit_put(client_.space, nullptr, keys, each.buffers, each.statuses, tag);
  }

  void ask(cellard_op op, std::uint64_t tag, std::uint64_t first, std::size_t count,
           std::uint32_t deadline_ms = 0) {
    cellard_submission more CELLARD_SUBMISSION_INIT;
    more.deadline_ms = deadline_ms;
    async_->submit(op, client_.space, store_client::keys_of(first, count), tag, more);
  }

  /// The next completion, in the order in which they come.
  cellard_completion next() {
    while (done_.empty()) {
      pollfd entry{async_->descriptor(), POLLIN, 0};
      BOOST_TEST_REQUIRE(::poll(&entry, 1, static_cast<int>(patience.count()) * 1000) == 1);
      std::array<cellard_completion, 16> room{};
      for (const auto& each : async_->poll(room)) {
        done_.push_back(each);
      }
    }
    const auto first = done_.front();
    done_.pop_front();
    return first;
  }

  std::vector<int> statuses(std::uint64_t tag) { return puts_[tag].statuses; }
  void close() { async_.reset(); }

  queue(const queue&) = delete;
  queue& operator=(const queue&) = delete;
  ~queue() {
    for (const auto& each : done_) {
      cellard_blocks_free(each.blocks);
    }
  }

private:
  struct memory {
    std::vector<std::vector<std::byte>> bytes;
    std::vector<cellard_const_buffer> buffers;
    std::vector<int> statuses;
  };

  const store_client& client_;
  std::map<std::uint64_t, memory> puts_;
  std::deque<cellard_completion> done_;
  std::optional<async> async_;
};

BOOST_AUTO_TEST_CASE(many_puts_and_gets_at_once_store_and_find_what_was_put) {
  daemon_process daemon;
  const store_client client(daemon.socket(), "model", opaque(block));
  queue work(client);
  constexpr std::uint64_t chains = 20;
  for (std::uint64_t tag = 0; tag < chains; ++tag) {
    work.put(tag, tag * 100, 4);
  }
  for (std::uint64_t i = 0; i < chains; ++i) {
    const auto done = work.next();
    BOOST_TEST(done.status == CELLARD_OK, done.message);
    BOOST_TEST(all(work.statuses(done.tag), CELLARD_OK));
  }
  for (std::uint64_t tag = 0; tag < chains; ++tag) {
    work.ask(CELLARD_OP_GET, tag, tag * 100, 5);
  }
  for (std::uint64_t i = 0; i < chains; ++i) {
    const auto done = work.next();
    const blocks found{done.blocks};
    BOOST_TEST_REQUIRE(found.size() == 4U);
    for (std::size_t at = 0; at < 4; ++at) {
      BOOST_TEST((version_in(found[at], done.tag * 100 + at) == std::optional<std::uint64_t>{1}));
    }
    BOOST_TEST(found.intact());
  }
  BOOST_TEST(client.find(0, 4, 1) == 4U);  // the blocking form sees the same
}

BOOST_AUTO_TEST_CASE(a_stopped_daemon_is_a_timeout_and_works_on_when_it_is_continued) {
  daemon_process daemon;
  const store_client client(daemon.socket(), "model", opaque(block));
  queue work(client);
  work.put(1, 1, 4);
  BOOST_TEST(work.next().count == 4U);
  daemon.signal(SIGSTOP);
  int status = 0;
  BOOST_TEST_REQUIRE(::waitpid(daemon.pid(), &status, WUNTRACED) == daemon.pid());
  work.ask(CELLARD_OP_GET, 2, 1, 4, 200);
  work.ask(CELLARD_OP_LOOKUP, 3, 1, 4, 200);
  BOOST_TEST(work.next().status == CELLARD_TIMED_OUT);
  BOOST_TEST(work.next().status == CELLARD_TIMED_OUT);
  daemon.signal(SIGCONT);
  cellard_completion done{};
  watcher eyes(daemon);
  eyes.until("an answer", [&](const auto&) {
    work.ask(CELLARD_OP_LOOKUP, 4, 1, 4);
    done = work.next();
    return done.status == CELLARD_OK;
  });
  BOOST_TEST(done.ready == 4U);
  work.close();
  eyes.until("the late lease is gone", [](const auto& now) { return now.at("leases") == 0; });
}

BOOST_AUTO_TEST_CASE(a_killed_daemon_completes_everything_and_a_new_one_is_found) {
  daemon_process daemon;
  const store_client client(daemon.socket(), "model", opaque(block));
  queue work(client);
  for (std::uint64_t tag = 0; tag < 40; ++tag) {
    work.put(tag, tag * 100, 8);
  }
  daemon.kill();
  for (int i = 0; i < 40; ++i) {
    const auto done = work.next();
    BOOST_TEST((done.status == CELLARD_UNAVAILABLE || done.status == CELLARD_OK), done.message);
  }
  daemon.start();
  watcher eyes(daemon);
  eyes.until("the queue is back", [&](const auto&) {
    work.ask(CELLARD_OP_LOOKUP, 1, 1, 4);
    return work.next().status == CELLARD_OK;
  });
  work.put(100, 5000, 4);
  BOOST_TEST(work.next().status == CELLARD_OK);
  BOOST_TEST(all(work.statuses(100), CELLARD_OK));
}

BOOST_AUTO_TEST_CASE(close_in_the_middle_of_puts_and_gets_leaves_nothing_behind) {
  daemon_process daemon;
  watcher eyes(daemon);
  const auto descriptors = eyes.until_idle();
  {
    const store_client client(daemon.socket(), "model", opaque(block));
    for (int round = 0; round < 5; ++round) {
      queue work(client);
      for (std::uint64_t tag = 0; tag < 20; ++tag) {
        work.put(tag, tag * 100, 8);
        work.ask(CELLARD_OP_GET, 100 + tag, tag * 100, 8);
      }
      cellard_blocks_free(work.next().blocks);
      work.close();
    }
  }
  eyes.until("idle", [](const auto& now) { return now.at("sessions") == 1; });
  BOOST_TEST(eyes.until_idle() >= descriptors);  // segments are kept, sessions are not
}

}  // namespace
}  // namespace cellard::tests
