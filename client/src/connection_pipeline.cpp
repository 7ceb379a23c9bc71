// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// A connection's part in the asynchronous form: the same frames, but nothing here waits. Who is to
// get which reply is the caller's business (async.cpp).
#include "client/src/connection.hpp"

#include <cerrno>
#include <cstring>

namespace cellard::library {

using core::errc;
using core::fail;
using core::ok_t;

core::result<std::unique_ptr<connection>> connection::begin(const std::vector<std::string>& sockets,
                                                            const std::string& client_name,
                                                            std::uint64_t epoch) {
  core::result<seqpacket> socket = fail(errc::unavailable, "no socket path is known");
  for (const auto& path : sockets) {
    // A deadline that has passed: a Unix connect waits for nothing but room in the backlog.
    if (socket = seqpacket::connect(path, deadline{std::chrono::milliseconds{0}}); socket) {
      break;
    }
  }
  CELLARD_TRY(socket);
  std::unique_ptr<connection> made{new connection(std::move(*socket), epoch)};
  protocol::hello_request hello;
  hello.client_name = client_name;
  const auto sent = made->start(hello, deadline{std::chrono::milliseconds{0}});
  CELLARD_TRY(sent);
  if (!*sent) {
    return fail(errc::unavailable, "the kernel has no room for a first frame now");
  }
  return made;
}

core::result<ok_t> connection::take_hello(const answer& reply) {
  auto hello = decoded<protocol::hello_reply>(reply);
  CELLARD_TRY(hello);
  server_ = std::move(*hello);
  answered_ = false;  // as in greet
  return accept_limits();
}

core::result<std::optional<connection::started>> connection::start(const protocol::request& body,
                                                                   const deadline& until) {
  post_deferred();
  until.waited();  // it may have been in the queue
  protocol::request_header header;
  header.request_id = last_id_ + 1;
  header.deadline_us = until.for_daemon_us();
  const auto returned = encode_frame(body, header);
  std::uint16_t op = 0;
  std::memcpy(&op, out_.data(), sizeof op);
  if (!socket_.try_send(out_)) {
    if (errno == EAGAIN || errno == ENOBUFS) {
      return std::optional<started>{};
    }
    return lose(seqpacket::send_failure(out_.size()).value());
  }
  ++last_id_;
  releases_.erase(releases_.begin(), releases_.begin() + static_cast<std::ptrdiff_t>(returned));
  return std::optional{started{header.request_id, static_cast<protocol::opcode>(op)}};
}

core::result<std::optional<answer>> connection::receive_now() {
  answer got;
  const auto size = socket_.try_receive(in_, got.passed);
  if (!size) {
    return lose(size.error());
  }
  if (!*size) {
    return std::optional<answer>{};
  }
  auto reply = checked(std::move(got), **size, true);
  if (!reply) {
    return lose(std::move(reply).error());
  }
  timeouts_ = 0;
  answered_ = true;
  return std::optional{std::move(*reply)};
}

void connection::abandon(const started& request, std::uint64_t space,
                         std::shared_ptr<const void> kept) {
  abandoned_.push_back({request.id, request.op, space, std::move(kept)});
}

}  // namespace cellard::library
