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

using actors::inbound;

constexpr std::size_t most_descriptors = 253;  // SCM_MAX_FD of the kernel

/// No request carries descriptors in this version: whatever comes is closed at once.
void close_descriptors(msghdr& message) {
  for (auto* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) {
      continue;
    }
    const std::size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int descriptor = -1;
      std::memcpy(&descriptor, CMSG_DATA(part) + i * sizeof(int), sizeof descriptor);
      ::close(descriptor);
    }
  }
}

std::shared_ptr<inbound> decode_frame(std::span<const std::byte> bytes) {
  auto from = std::make_shared<inbound>();
  from->frame.assign(bytes.begin(), bytes.end());
  from->arrived = std::chrono::steady_clock::now();
  const auto parts = protocol::split_request(from->frame);
  if (!parts) {
    return nullptr;
  }
  from->header = parts->header;
  from->releases.resize(parts->header.releases);
  if (!from->releases.empty()) {
    std::memcpy(from->releases.data(), parts->releases.data(), parts->releases.size());
  }
  auto body = protocol::decode(*parts);
  if (body) {
    from->body = std::move(*body);
  } else {
    from->problem = std::move(body).error();
  }
  return from;
}

}  // namespace

connection::connection(io_thread& home, int socket, int process, const connection_limits& limits,
                       std::shared_ptr<core::server_counters> counters)
  : home_(home),
    socket_(home.context(), socket),
    process_(home.context()),
    timer_(home.context()),
    limits_(limits),
    counters_(std::move(counters)) {
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
  alignas(cmsghdr) std::array<char, CMSG_SPACE(most_descriptors * sizeof(int))> control;
  iovec piece{buffer.data(), limits_.frame_bytes};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t got = recvmsg(socket_.native_handle(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
    arm_read();
    return;
  }
  if (got >= 0 && message.msg_controllen > 0) {
    close_descriptors(message);
  }
  // Zero is the end of a SEQPACKET socket; a truncated frame was over limits.frame.
  if (got <= 0 || (message.msg_flags & MSG_TRUNC) != 0) {
    end();
    return;
  }
  accept_frame({buffer.data(), static_cast<std::size_t>(got)});
}

void connection::accept_frame(std::span<const std::byte> bytes) {
  auto from = decode_frame(bytes);
  if (!from) {
    counters_->bad_requests.fetch_add(1, std::memory_order_relaxed);
    end();
    return;
  }
  in_flight_.fetch_add(1, std::memory_order_acq_rel);
  home_.unit().inject(session_, actors::request_atom::value, actors::inbound_ptr{std::move(from)});
  arm_read();
}

void connection::end() {
  if (over_) {
    return;
  }
  over_ = true;
  shut_down();
  timer_.cancel();
  if (process_.is_open()) {
    process_.cancel();
  }
  home_.unit().inject(session_, actors::closed_atom::value);
  session_ = nullptr;
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
  alignas(cmsghdr) std::array<char, CMSG_SPACE(most_descriptors * sizeof(int))> control;
  iovec piece{const_cast<std::byte*>(frame.data()), frame.size()};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  if (!descriptors.empty()) {
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
    auto* part = CMSG_FIRSTHDR(&message);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(descriptors.size_bytes());
    std::memcpy(CMSG_DATA(part), descriptors.data(), descriptors.size_bytes());
  }
  for (;;) {
    if (sendmsg(socket_.native_handle(), &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) {
      return sent::yes;
    }
    if (errno != EINTR) {
      // Too many descriptors in flight (ETOOMANYREFS) passes when the client reads.
      return errno == EAGAIN || errno == ENOBUFS || errno == ETOOMANYREFS ? sent::later
                                                                          : sent::never;
    }
  }
}

void connection::send(std::span<const std::byte> frame, std::span<const int> descriptors,
                      std::shared_ptr<const void> keep) {
  if (cut_off_) {
    return;
  }
  if (out_.empty()) {
    switch (try_send(frame, descriptors)) {
    case sent::yes:
      return;
    case sent::never:
      shut_down();  // the reader sees the end and tells the session
      return;
    case sent::later:
      arm_write();
    }
  }
  if (out_bytes_ + frame.size() > limits_.out_bytes) {
    counters_->slow_readers.fetch_add(1, std::memory_order_relaxed);
    cut_off_ = true;
    shut_down();
    return;
  }
  out_bytes_ += frame.size();
  out_.push_back(
    {{frame.begin(), frame.end()}, {descriptors.begin(), descriptors.end()}, std::move(keep)});
}

void connection::flush() {
  while (!out_.empty()) {
    const auto& next = out_.front();
    switch (try_send(next.frame, next.descriptors)) {
    case sent::later:
      arm_write();
      return;
    case sent::never:
      shut_down();
      return;
    case sent::yes:
      out_bytes_ -= next.frame.size();
      out_.pop_front();
    }
  }
}

void connection::arm_write() {
  at_home([self = shared_from_this()] {
    self->socket_.async_wait(boost::asio::posix::stream_descriptor::wait_write,
                             [self](const boost::system::error_code& failed) {
                               if (!failed && !self->over_) {
                                 self->home_.unit().inject(self->session_,
                                                           actors::writable_atom::value);
                               }
                             });
  });
}

}  // namespace cellard::daemon
