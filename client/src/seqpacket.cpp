// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "client/src/seqpacket.hpp"

#include "client/src/errno_text.hpp"
#include "protocol/frame.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace cellard::library {
namespace {

using core::errc;
using core::fail;
using core::ok_t;

bool means_gone(int code) noexcept {
  return code == EPIPE || code == ECONNRESET || code == ENOTCONN;
}

tl::unexpected<core::error> no_answer() {
  return fail(errc::timed_out, "the daemon did not answer within the call's deadline; see "
                               "CELLARD_DEADLINE or cellard_options.deadline_ms");
}

/// A Unix connect waits while the backlog is full; SO_SNDTIMEO bounds that.
core::result<ok_t> bound_connect(int socket, const deadline& until) {
  auto left = std::chrono::duration_cast<std::chrono::microseconds>(until.left()).count();
  left = std::max<std::int64_t>(left, 1);  // zero would mean for ever
  const timeval wait{static_cast<time_t>(left / 1'000'000),
                     static_cast<suseconds_t>(left % 1'000'000)};
  if (::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait) != 0) {
    return fail(errc::io_error, "setsockopt(SO_SNDTIMEO): {}", errno_text());
  }
  return ok_t{};
}

/// Moves the descriptors of a received message into objects that close them.
void take_descriptors(msghdr& message, std::vector<descriptor>& passed) {
  for (auto* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) {
      continue;
    }
    const auto count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int number = -1;
      std::memcpy(&number, CMSG_DATA(part) + i * sizeof(int), sizeof number);
      passed.emplace_back(number);
    }
  }
}

}  // namespace

core::result<seqpacket> seqpacket::connect(const std::string& path, const deadline& until) {
  descriptor socket{::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)};
  if (!socket) {
    const auto code =
      errno == EMFILE || errno == ENFILE ? errc::out_of_descriptors : errc::io_error;
    return fail(code, "socket: {}", errno_text());
  }
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), std::min(path.size(), sizeof address.sun_path - 1));
  int done = -1;
  do {
    CELLARD_TRY(bound_connect(socket.get(), until));
    done = ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    until.waited();
  } while (done != 0 && errno == EINTR && !until.passed());
  if (done != 0) {
    return fail(errc::unavailable,
                "no daemon answers at {}: {}; start cellardd or set CELLARD_SOCKET", path,
                errno_text());
  }
  return seqpacket{std::move(socket)};
}

core::result<ok_t> seqpacket::wait(short events, const deadline& until) {
  for (;;) {
    pollfd entry{socket_.get(), events, 0};
    const auto left = until.left_as_timespec();
    const auto ready = ::ppoll(&entry, 1, &left, nullptr);
    until.waited();
    if (ready > 0) {
      return ok_t{};
    }
    if (ready == 0) {
      return no_answer();
    }
    if (errno != EINTR) {
      return fail(errc::io_error, "ppoll: {}", errno_text());
    }
  }
}

core::result<ok_t> seqpacket::send(protocol::bytes_view frame, const deadline& until) {
  while (!try_send(frame)) {
    if (errno != EAGAIN && errno != ENOBUFS) {
      return send_failure(frame.size());
    }
    CELLARD_TRY(wait(POLLOUT, until));
  }
  return ok_t{};
}

tl::unexpected<core::error> seqpacket::send_failure(std::size_t size) {
  if (means_gone(errno)) {
    return fail(errc::unavailable, "the daemon closed the connection");
  }
  if (errno == EMSGSIZE) {
    return fail(errc::frame_too_large, "the kernel refuses a frame of {} bytes", size);
  }
  return fail(errc::io_error, "send: {}", errno_text());
}

bool seqpacket::try_send(protocol::bytes_view frame) noexcept {
  ssize_t sent = -1;
  do {
    sent = ::send(socket_.get(), frame.data(), frame.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  } while (sent < 0 && errno == EINTR);
  return sent >= 0;
}

/// So that the receive itself waits: a poll before it would be one more call into the kernel for
/// each request. In whole milliseconds, hence set anew only when calls have other deadlines.
core::result<ok_t> seqpacket::bound_receive(const deadline& until) {
  const auto wanted = std::max(std::chrono::ceil<std::chrono::milliseconds>(until.left()),
                               std::chrono::milliseconds{1});  // zero would mean for ever
  if (wanted == receive_bound_) {
    return ok_t{};
  }
  const timeval wait{static_cast<time_t>(wanted.count() / 1000),
                     static_cast<suseconds_t>(wanted.count() % 1000 * 1000)};
  if (::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) != 0) {
    return fail(errc::io_error, "setsockopt(SO_RCVTIMEO): {}", errno_text());
  }
  receive_bound_ = wanted;
  return ok_t{};
}

/// One message; MSG_TRUNC makes its whole length the answer.
ssize_t seqpacket::receive_plain(std::vector<std::byte>& buffer) noexcept {
  return ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_TRUNC);
}

ssize_t seqpacket::receive_with_descriptors(std::vector<std::byte>& buffer,
                                            std::vector<descriptor>& passed, bool& lost_some,
                                            int flags) {
  iovec piece{buffer.data(), buffer.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * protocol::max_descriptors)> control;
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const auto got = ::recvmsg(socket_.get(), &message, MSG_CMSG_CLOEXEC | MSG_TRUNC | flags);
  if (got >= 0) {
    take_descriptors(message, passed);
    lost_some = (message.msg_flags & MSG_CTRUNC) != 0;
  }
  return got;
}

core::result<std::size_t> seqpacket::receive(std::vector<std::byte>& buffer,
                                             std::vector<descriptor>* passed,
                                             const deadline& until) {
  for (;;) {
    CELLARD_TRY(bound_receive(until));
    bool lost_some = false;
    const auto got = passed == nullptr ? receive_plain(buffer)
                                       : receive_with_descriptors(buffer, *passed, lost_some, 0);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) {
      until.waited();
      if (until.passed()) {
        return no_answer();
      }
      continue;
    }
    return whole(got, lost_some, buffer.size());
  }
}

core::result<std::optional<std::size_t>> seqpacket::try_receive(std::vector<std::byte>& buffer,
                                                                std::vector<descriptor>& passed) {
  bool lost_some = false;
  const auto got = receive_with_descriptors(buffer, passed, lost_some, MSG_DONTWAIT);
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) {
    return std::optional<std::size_t>{};
  }
  const auto size = whole(got, lost_some, buffer.size());
  CELLARD_TRY(size);
  return std::optional{*size};
}

/// What a receive that did not want to wait gave, or errno.
core::result<std::size_t> seqpacket::whole(ssize_t got, bool lost_some, std::size_t room) {
  if (got == 0 || (got < 0 && means_gone(errno))) {
    return fail(errc::unavailable, "the daemon closed the connection");
  }
  if (got < 0) {
    return fail(errc::io_error, "recvmsg: {}", errno_text());
  }
  if (lost_some) {
    return fail(errc::out_of_descriptors,
                "a descriptor sent by the daemon was lost: this process is at its limit of open "
                "files; raise it (ulimit -n)");
  }
  if (static_cast<std::size_t>(got) > room) {
    return fail(errc::frame_too_large, "a reply is longer than the {} bytes agreed on", room);
  }
  return static_cast<std::size_t>(got);
}

bool seqpacket::hung_up() const noexcept {
  pollfd entry{socket_.get(), 0, 0};
  return ::poll(&entry, 1, 0) > 0 && (entry.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}

std::size_t seqpacket::send_limit() const noexcept {
  int bytes = 0;
  socklen_t size = sizeof bytes;
  if (::getsockopt(socket_.get(), SOL_SOCKET, SO_SNDBUF, &bytes, &size) != 0 || bytes < 8192) {
    return 4096;
  }
  return static_cast<std::size_t>(bytes) - 4096;  // the kernel counts its own overhead too
}

}  // namespace cellard::library
