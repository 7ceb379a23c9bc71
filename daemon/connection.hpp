// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// One client's socket: reads frames, decodes them and injects them into the session; sends what the
// session says. The socket is shared by the handlers that wait on it and by the session (as its
// reply_sink); nobody closes it: shut_down ends it, the destructor of the last user closes
// (decisions B3).
//
// Reading stops while limits.requests_in_flight are unanswered, so that no other queue waits for a
// client (B6). The connection ends at EOF, at a frame that cannot be one, or when the client's
// process has died, even if a child of it still holds the socket (B4).
//
// Threads: reading, timers and waits on the thread that the connection was dealt to; the functions
// of reply_sink on whatever I/O thread the session runs.
#pragma once

#include "actors/handles.hpp"
#include "actors/reply_sink.hpp"
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
  void flush() override;
  void wake_at(std::chrono::steady_clock::time_point when) override;
  void shut_down() override;

private:
  /// A frame that the socket did not take yet.
  struct waiting {
    std::vector<std::byte> frame;
    std::vector<int> descriptors;
    std::shared_ptr<const void> keep;
  };
  enum class sent { yes, later, never };

  void arm_read();
  void readable();
  void watch_process();
  void accept_frame(std::span<const std::byte> frame);
  void end();
  void arm_timer(std::chrono::steady_clock::time_point when);
  sent try_send(std::span<const std::byte> frame, std::span<const int> descriptors);
  void arm_write();
  template <class Function>
  void at_home(Function what);

  io_thread& home_;
  boost::asio::posix::stream_descriptor socket_;
  boost::asio::posix::stream_descriptor process_;
  boost::asio::steady_timer timer_;
  connection_limits limits_;
  std::shared_ptr<core::server_counters> counters_;
  actors::session_actor session_;
  std::function<void()> ended_;
  bool armed_ = false;  // home thread
  std::chrono::steady_clock::time_point due_ =
    std::chrono::steady_clock::time_point::max();  // home thread: the timer's
  bool over_ = false;                              // home thread
  std::atomic<std::uint32_t> in_flight_{0};
  std::deque<waiting> out_;  // the session's turns
  std::size_t out_bytes_ = 0;
  bool cut_off_ = false;  // the session's turns: it did not read its replies
};

}  // namespace cellard::daemon
