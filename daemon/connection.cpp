// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "daemon/connection.hpp"

#include "protocol/frame.hpp"

#include <boost/asio/post.hpp>

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace cellard::daemon {
namespace {

/// The kernel is short of something that others hold, which no readiness of this socket tells.
constexpr std::chrono::milliseconds retry_pause{10};

ssize_t send_descriptors(int socket, std::span<const std::byte> frame,
                         std::span<const int> descriptors, int flags) {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(protocol::max_descriptors * sizeof(int))> control;
  iovec piece{const_cast<std::byte*>(frame.data()), frame.size()};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
  auto* part = CMSG_FIRSTHDR(&message);
  part->cmsg_level = SOL_SOCKET;
  part->cmsg_type = SCM_RIGHTS;
  part->cmsg_len = CMSG_LEN(descriptors.size_bytes());
  std::memcpy(CMSG_DATA(part), descriptors.data(), descriptors.size_bytes());
  return sendmsg(socket, &message, flags);
}

}  // namespace

connection::connection(io_thread& home, int socket, int process, const connection_limits& limits,
                       std::shared_ptr<core::server_counters> counters)
  : reply_sink(std::move(counters)),
    home_(home),
    socket_(home.context(), socket),
    process_(home.context()),
    timer_(home.context()),
    retry_(home.context()),
    limits_(limits) {
  if (process >= 0) {
    process_.assign(process);
  }
}

connection::~connection() {
  if (ended_) {
    ended_();
  }
}

template <class Function>
void connection::at_home(Function what) {
  if (execution_unit::current() == &home_.unit()) {
    what();
  } else {
    boost::asio::post(home_.context(), [self = shared_from_this(), what] { what(); });
  }
}

void connection::start(actors::session_actor session, std::function<void()> ended) {
  session_ = std::move(session);
  ended_ = std::move(ended);
  watch_process();
  arm_read();
}

void connection::watch_process() {
  if (process_.is_open()) {
    process_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                        [self = shared_from_this()](const boost::system::error_code& failed) {
                          if (!failed) {
                            self->shut_down();
                            self->end();
                          }
                        });
  }
}

void connection::arm_read() {
  if (armed_ || over_ || in_flight_.load(std::memory_order_acquire) >= limits_.requests) {
    return;
  }
  armed_ = true;
  socket_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                     [self = shared_from_this()](const boost::system::error_code& failed) {
                       self->armed_ = false;
                       // The process may have died, and the session with it, while this was due.
                       if (failed || self->over_) {
                         self->end();
                       } else {
                         self->readable();
                       }
                     });
}

void connection::readable() {
  // One buffer a thread and not one a client: a thousand idle clients cost nothing here.
  thread_local std::vector<std::byte> buffer;
  buffer.resize(std::max(buffer.size(), limits_.frame_bytes));
  // No request carries descriptors in this version: received without room for any, they are closed
  // by the kernel. MSG_TRUNC makes it tell the frame's whole length.
  const ssize_t got =
    recv(socket_.native_handle(), buffer.data(), limits_.frame_bytes, MSG_DONTWAIT | MSG_TRUNC);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
    arm_read();
    return;
  }
  // Zero is the end of a SEQPACKET socket.
  if (got <= 0 || static_cast<std::size_t>(got) > limits_.frame_bytes) {
    end();
    return;
  }
  accept_frame({buffer.data(), static_cast<std::size_t>(got)});
}

void connection::accept_frame(std::span<const std::byte> bytes) {
  auto from = std::make_shared<actors::inbound>(shared_from_this());
  if (!from->decode({bytes.begin(), bytes.end()})) {
    counters().bad_requests.fetch_add(1, std::memory_order_relaxed);
    end();
    return;
  }
  counters().requests.fetch_add(1, std::memory_order_relaxed);
  last_active.store(from->arrived, std::memory_order_relaxed);
  in_flight_.fetch_add(1, std::memory_order_acq_rel);
  deliver(std::move(from));
  arm_read();
}

void connection::deliver(actors::inbound_ptr from) {
  if (const auto* way = routes_.of(*from)) {
    const auto& request = std::get<protocol::chain_request>(from->body);
    if (request.op == protocol::opcode::get
        && !may_hold_leases.exchange(true, std::memory_order_acq_rel)) {
      arm_timer(from->arrived + way->lease_time);
    }
    const auto salt = way->salts[request.salt];
    home_.unit().inject(way->shard, actors::chain_atom::value,
                        actors::chain_call{std::move(from), way->who, salt});
    return;
  }
  // What the client sends after a close must not overtake it.
  if (const auto* close = std::get_if<protocol::close_request>(&from->body)) {
    routes_.end(close->space);
  }
  home_.unit().inject(session_, actors::request_atom::value, std::move(from));
}

void connection::set_route(std::uint32_t handle, std::shared_ptr<const actors::route> way) {
  at_home(
    [self = shared_from_this(), handle, way = std::move(way)] { self->routes_.set(handle, way); });
}

void connection::end() {
  if (over_) {
    return;
  }
  over_ = true;
  shut_down();
  timer_.cancel();
  retry_.cancel();
  if (process_.is_open()) {
    process_.cancel();
  }
  routes_ = {};
  home_.unit().inject(session_, actors::closed_atom::value);
  session_ = nullptr;
}

void connection::slow(actors::slow_request what) {
  at_home([self = shared_from_this(), what = std::move(what)] {
    if (!self->over_) {
      self->home_.unit().inject(self->session_, actors::slow_atom::value, what);
    }
  });
}

void connection::shut_down() {
  ::shutdown(socket_.native_handle(), SHUT_RDWR);
}

void connection::done() {
  // The request that made room lets the reading go on; it stops only when there is none.
  if (in_flight_.fetch_sub(1, std::memory_order_acq_rel) == limits_.requests) {
    boost::asio::post(home_.context(), [self = shared_from_this()] { self->arm_read(); });
  }
}

void connection::wake_at(std::chrono::steady_clock::time_point when) {
  at_home([self = shared_from_this(), when] { self->arm_timer(when); });
}

void connection::arm_timer(std::chrono::steady_clock::time_point when) {
  if (over_ || when >= due_) {
    return;  // wishes may arrive out of order: the nearest counts
  }
  due_ = when;
  timer_.expires_at(when);
  timer_.async_wait([self = shared_from_this()](const boost::system::error_code& failed) {
    if (!failed && !self->over_) {
      self->due_ = std::chrono::steady_clock::time_point::max();
      self->home_.unit().inject(self->session_, actors::tick_atom::value);
    }
  });
}

connection::sent connection::try_send(std::span<const std::byte> frame,
                                      std::span<const int> descriptors) {
  constexpr int flags = MSG_DONTWAIT | MSG_NOSIGNAL;
  for (;;) {
    const ssize_t result = descriptors.empty()
                             ? ::send(socket_.native_handle(), frame.data(), frame.size(), flags)
                             : send_descriptors(socket_.native_handle(), frame, descriptors, flags);
    if (result >= 0) {
      return sent::yes;
    }
    if (errno != EINTR) {
      // Too many descriptors in flight (ETOOMANYREFS) passes when some client reads. The socket is
      // writable all the time, so waiting for that would be no waiting.
      return errno == EAGAIN                             ? sent::later
             : errno == ENOBUFS || errno == ETOOMANYREFS ? sent::pause
                                                         : sent::never;
    }
  }
}

void connection::send(std::span<const std::byte> frame, std::span<const int> descriptors,
                      std::shared_ptr<const void> keep) {
  if (cut_off_.load(std::memory_order_relaxed)) {
    return;
  }
  if (out_bytes_.load(std::memory_order_acquire) == 0) {
    switch (try_send(frame, descriptors)) {
    case sent::yes:
      return;
    case sent::never:
      shut_down();  // the reader sees the end and tells the session
      return;
    case sent::later:
    case sent::pause:
      break;
    }
  }
  if (out_bytes_.fetch_add(frame.size(), std::memory_order_acq_rel) + frame.size()
      > limits_.out_bytes) {
    cut_off();
    return;
  }
  // Posted even at home, so that the order of answers is that of the additions above.
  waiting kept{
    {frame.begin(), frame.end()}, {descriptors.begin(), descriptors.end()}, std::move(keep)};
  boost::asio::post(home_.context(), [self = shared_from_this(), kept = std::move(kept)]() mutable {
    self->out_.push_back(std::move(kept));
    if (self->out_.size() == 1) {
      self->flush();
    }
  });
}

void connection::cut_off() {
  if (!cut_off_.exchange(true, std::memory_order_acq_rel)) {
    counters().slow_readers.fetch_add(1, std::memory_order_relaxed);
    shut_down();
  }
}

void connection::flush() {
  while (!out_.empty()) {
    const auto& next = out_.front();
    switch (try_send(next.frame, next.descriptors)) {
    case sent::later:
      arm_write();
      return;
    case sent::pause:
      arm_retry();
      return;
    case sent::never:
      shut_down();
      return;
    case sent::yes:
      out_bytes_.fetch_sub(next.frame.size(), std::memory_order_acq_rel);
      out_.pop_front();
    }
  }
}

void connection::arm_write() {
  socket_.async_wait(boost::asio::posix::stream_descriptor::wait_write,
                     [self = shared_from_this()](const boost::system::error_code& failed) {
                       if (!failed && !self->over_) {
                         self->flush();
                       }
                     });
}

void connection::arm_retry() {
  retry_.expires_after(retry_pause);
  retry_.async_wait([self = shared_from_this()](const boost::system::error_code& failed) {
    if (!failed && !self->over_) {
      self->flush();
    }
  });
}

}  // namespace cellard::daemon
