// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// A connected SOCK_SEQPACKET Unix socket: one send is one frame, one receive is one frame with its
// descriptors. Every function ends at its deadline; no signal ends one early, and none raises
// SIGPIPE. Codes: timed_out; unavailable when the peer is not there (any more); out_of_descriptors
// when the kernel could not pass one; frame_too_large; io_error.
#pragma once

#include "client/src/deadline.hpp"
#include "client/src/descriptor.hpp"
#include "core/result.hpp"
#include "protocol/wire.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace cellard::library {

class seqpacket {
public:
  static core::result<seqpacket> connect(const std::string& path, const deadline& until);

  core::result<core::ok_t> send(protocol::bytes_view frame, const deadline& until);

  /// Sends if that is possible without waiting; otherwise errno says why not.
  bool try_send(protocol::bytes_view frame) noexcept;

  /// What errno says after a send of `size` bytes that failed for good.
  static tl::unexpected<core::error> send_failure(std::size_t size);

  /// Puts one frame into `buffer` (whose size is the largest allowed) and the descriptors that came
  /// with it into `passed`; null where none can come, which is cheaper: the kernel closes what
  /// does. Returns the frame's length.
  core::result<std::size_t> receive(std::vector<std::byte>& buffer, std::vector<descriptor>* passed,
                                    const deadline& until);

  /// The same without waiting: nothing when no frame is there.
  core::result<std::optional<std::size_t>> try_receive(std::vector<std::byte>& buffer,
                                                       std::vector<descriptor>& passed);

  /// True when the peer has closed its end.
  [[nodiscard]] bool hung_up() const noexcept;

  /// The largest frame that the kernel lets us send.
  [[nodiscard]] std::size_t send_limit() const noexcept;

  /// For an epoll; it stays this object's.
  [[nodiscard]] int number() const noexcept { return socket_.get(); }

  void close() noexcept { socket_.reset(); }

private:
  explicit seqpacket(descriptor socket) noexcept : socket_(std::move(socket)) {}
  core::result<core::ok_t> wait(short events, const deadline& until);
  core::result<core::ok_t> bound_receive(const deadline& until);
  ssize_t receive_plain(std::vector<std::byte>& buffer) noexcept;
  ssize_t receive_with_descriptors(std::vector<std::byte>& buffer, std::vector<descriptor>& passed,
                                   bool& lost_some, int flags);
  static core::result<std::size_t> whole(ssize_t got, bool lost_some, std::size_t room);

  descriptor socket_;
  std::chrono::milliseconds receive_bound_{0};  ///< the socket's SO_RCVTIMEO; 0 = not set
};

}  // namespace cellard::library
