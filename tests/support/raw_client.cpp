// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "tests/support/raw_client.hpp"

#include "tests/support/daemon_process.hpp"

#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace cellard::tests {
namespace {

constexpr std::size_t largest_frame = 1U << 20;

bool wait_for(int socket, short events) {
  pollfd entry{socket, events, 0};
  const auto deadline = std::chrono::duration_cast<std::chrono::milliseconds>(patience);
  return ::poll(&entry, 1, static_cast<int>(deadline.count())) == 1;
}

template <class T>
T value_of(core::result<T> answer) {
  if (!answer) {
    throw std::runtime_error("refused: " + answer.error().context());
  }
  return *std::move(answer);
}

}  // namespace

core::layout opaque_layout(std::uint64_t max_bytes, std::uint16_t parts) {
  core::layout made;
  made.max_bytes = max_bytes;
  made.parts = parts;
  return made;
}

protocol::open_request open_of(std::string_view name, std::uint64_t block_bytes) {
  protocol::open_request made;
  made.name = name;
  made.layout = opaque_layout(block_bytes);
  return made;
}

protocol::reserve_request reserve_of(std::uint32_t space, core::key_span keys) {
  protocol::reserve_request made;
  made.space = space;
  made.keys = keys;
  return made;
}

protocol::commit_request commit_of(std::uint32_t space,
                                   std::vector<protocol::commit_entry> entries) {
  protocol::commit_request made;
  made.space = space;
  made.entries = std::move(entries);
  return made;
}

protocol::chain_request chain(protocol::opcode op, std::uint32_t space, core::key_span keys) {
  protocol::chain_request made;
  made.op = op;
  made.space = space;
  made.keys = keys;
  return made;
}

raw_client::raw_client(const std::string& path, bool greet)
  : socket_(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    ::close(socket_);
    throw std::runtime_error("cannot connect to " + path + ": " + std::strerror(errno));
  }
  if (greet) {
    value_of(ask<protocol::hello_reply>(protocol::hello_request{.client_name = "raw"}));
  }
}

raw_client::raw_client(raw_client&& other) noexcept
  : socket_(std::exchange(other.socket_, -1)),
    passed_(std::exchange(other.passed_, -1)),
    next_id_(other.next_id_),
    staging_(std::exchange(other.staging_, {})) {
}

raw_client::~raw_client() {
  close();
}

void raw_client::close() {
  for (int* each : {&socket_, &passed_}) {
    if (*each >= 0) {
      ::close(std::exchange(*each, -1));
    }
  }
  unmap();
}

void raw_client::unmap() {
  if (!staging_.empty()) {
    ::munmap(staging_.data(), staging_.size());
    staging_ = {};
  }
}

bool raw_client::try_send(std::span<const std::byte> bytes) {
  return ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT) >= 0;
}

bool raw_client::send_bytes(std::span<const std::byte> bytes, std::span<const int> descriptors) {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(253 * sizeof(int))> control{};
  iovec piece{const_cast<std::byte*>(bytes.data()), bytes.size()};
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
    if (::sendmsg(socket_, &message, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0) {
      return true;
    }
    if (errno != EAGAIN) {
      return false;
    }
    if (!wait_for(socket_, POLLOUT)) {
      throw std::runtime_error("the daemon does not read");
    }
  }
}

std::vector<std::byte> raw_client::encoded(const protocol::request& body,
                                           std::span<const std::uint64_t> releases) {
  std::vector<std::byte> frame;
  protocol::writer out{frame};
  protocol::request_header header;
  header.request_id = next_id_++;
  protocol::encode(out, header, releases, body);
  return frame;
}

std::uint32_t raw_client::send(const protocol::request& body,
                               std::span<const std::uint64_t> releases) {
  if (!send_bytes(encoded(body, releases))) {
    throw std::runtime_error("the connection is over");
  }
  return next_id_ - 1;
}

std::optional<raw_reply> raw_client::receive() {
  thread_local std::vector<std::byte> buffer(largest_frame);
  alignas(cmsghdr) std::array<char, CMSG_SPACE(253 * sizeof(int))> control{};
  if (!wait_for(socket_, POLLIN)) {
    throw std::runtime_error("the daemon does not answer");
  }
  iovec piece{buffer.data(), buffer.size()};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const auto got = ::recvmsg(socket_, &message, MSG_CMSG_CLOEXEC);
  if (got <= 0) {
    return std::nullopt;
  }
  for (auto* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
    const std::size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      ::close(passed_);
      std::memcpy(&passed_, CMSG_DATA(part) + i * sizeof(int), sizeof passed_);
    }
  }
  raw_reply reply;
  reply.frame.assign(buffer.begin(), buffer.begin() + got);
  reply.header = value_of(protocol::split_reply(reply.frame)).header;
  return reply;
}

bool raw_client::ended() {
  while (receive()) {}
  return true;
}

raw_reply raw_client::reply_to(std::uint32_t request_id) {
  while (auto reply = receive()) {
    if (reply->header.request_id == request_id) {
      return *std::move(reply);
    }
  }
  throw std::runtime_error("the daemon ended the connection");
}

std::uint32_t raw_client::open(const std::string& name, std::uint64_t block_bytes,
                               const std::string& salt) {
  auto request = open_of(name, block_bytes);
  request.salt = salt;
  return value_of(ask<protocol::open_reply>(request)).space;
}

std::span<std::byte> raw_client::stage(std::uint64_t bytes) {
  const auto size = value_of(ask<protocol::stage_reply>(protocol::stage_request{bytes})).bytes;
  unmap();
  void* data = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, passed_, 0);
  if (data == MAP_FAILED) {
    throw std::runtime_error("cannot map the staging area");
  }
  staging_ = {static_cast<std::byte*>(data), size};
  return staging_;
}

protocol::put_request raw_client::put_of(std::uint32_t space, core::key_span keys,
                                         std::uint32_t length) const {
  protocol::put_request request;
  request.space = space;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    request.entries.push_back({keys[i], i * length, length, 0});
  }
  return request;
}

std::vector<core::errc> raw_client::put(std::uint32_t space, core::key_span keys,
                                        std::uint32_t length) {
  return value_of(ask<protocol::status_list_reply>(put_of(space, keys, length))).statuses;
}

std::uint32_t raw_client::lookup(std::uint32_t space, core::key_span keys) {
  return value_of(ask<protocol::match_reply>(chain(protocol::opcode::lookup, space, keys))).ready;
}

protocol::get_reply raw_client::get(std::uint32_t space, core::key_span keys) {
  return value_of(ask<protocol::get_reply>(chain(protocol::opcode::get, space, keys)));
}

std::string raw_client::text(protocol::opcode what, bool all) {
  return value_of(ask<protocol::text_reply>(protocol::admin_request{what, all})).text;
}

}  // namespace cellard::tests
