// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// One client's socket: reads frames, decodes them and injects them into the session or, where the
// session has said so (actors/route.hpp), into the shard; sends what actors answer. The socket is
// shared by the handlers that wait on it and by the requests on their way (as their reply_sink);
// nobody closes it: shut_down ends it, the destructor of the last user closes (decisions B3).
//
// Reading stops while limits.requests_in_flight are unanswered, so that no other queue waits for a
// client (B6). The connection ends at EOF, at a frame that cannot be one, or when the client's
// process has died, even if a child of it still holds the socket (B4).
//
// An answer is written to the socket by the thread that has it: a frame is one message, so two
// threads cannot mix theirs. Once the socket refuses one, that and all later ones queue on the home
// thread until it has taken them.
//
// Threads: reading, timers, waits and the queue on the thread that the connection was dealt to, its
// home; the functions of reply_sink on any.
#pragma once

#include "actors/handles.hpp"
#include "actors/reply_sink.hpp"
#include "actors/route.hpp"
#include "actors/slow_request.hpp"
#include "core/server_counters.hpp"
#include "daemon/io_pool.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

namespace cellard::daemon {

struct connection_limits {
  std::size_t frame_bytes = 0;
  std::uint32_t requests = 0;
  std::size_t out_bytes = 0;
};

class connection final : public actors::reply_sink,
                         public std::enable_shared_from_this<connection> {
public:
  /// Takes the socket over. `process` is a pidfd of the peer, or -1.
  connection(io_thread& home, int socket, int process, const connection_limits& limits,
             std::shared_ptr<core::server_counters> counters);
  ~connection() override;
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  /// Begins to read. @pre on the home thread, once
  void start(actors::session_actor session, std::function<void()> ended);

  void send(std::span<const std::byte> frame, std::span<const int> descriptors,
            std::shared_ptr<const void> keep) override;
  void done() override;
  void wake_at(std::chrono::steady_clock::time_point when) override;
  void set_route(std::uint32_t handle, std::shared_ptr<const actors::route> way) override;
  void slow(actors::slow_request what) override;
  void shut_down() override;

private:
  /// A frame that the socket did not take yet.
  struct waiting {
    std::vector<std::byte> frame;
    std::vector<int> descriptors;
    std::shared_ptr<const void> keep;
  };
  enum class sent { yes, later, pause, never };

  void arm_read();
  void readable();
  void watch_process();
  void accept_frame(std::span<const std::byte> frame);
  void deliver(actors::inbound_ptr from);
  void end();
  void cut_off();
  void flush();
  void arm_timer(std::chrono::steady_clock::time_point when);
  sent try_send(std::span<const std::byte> frame, std::span<const int> descriptors);
  void arm_write();
  void arm_retry();
  template <class Function>
  void at_home(Function what);

  io_thread& home_;
  boost::asio::posix::stream_descriptor socket_;
  boost::asio::posix::stream_descriptor process_;
  boost::asio::steady_timer timer_;
  boost::asio::steady_timer retry_;
  connection_limits limits_;
  actors::session_actor session_;
  actors::route_table routes_;  // home thread
  std::function<void()> ended_;
  bool armed_ = false;  // home thread
  std::chrono::steady_clock::time_point due_ =
    std::chrono::steady_clock::time_point::max();  // home thread: the timer's
  bool over_ = false;                              // home thread
  std::atomic<std::uint32_t> in_flight_{0};
  std::deque<waiting> out_;                 // home thread
  std::atomic<std::size_t> out_bytes_ = 0;  // in out_ and on the way there
  std::atomic<bool> cut_off_ = false;       // the client does not read its replies
};

}  // namespace cellard::daemon
