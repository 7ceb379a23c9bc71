// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "tests/support/fake_daemon.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>

namespace cellard::testing {

using protocol::opcode;

fake_peer::~fake_peer() {
  ::close(socket);
}

void fake_exchange::hang_up() const {
  ::shutdown(peer->socket, SHUT_RDWR);
}

void fake_exchange::send(std::span<const std::byte> bytes,
                         const std::vector<int>& descriptors) const {
  iovec piece{const_cast<std::byte*>(bytes.data()), bytes.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * 16)] = {};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  if (!descriptors.empty()) {
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(sizeof(int) * descriptors.size());
    auto* part = CMSG_FIRSTHDR(&message);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(sizeof(int) * descriptors.size());
    std::memcpy(CMSG_DATA(part), descriptors.data(), sizeof(int) * descriptors.size());
  }
  ::sendmsg(peer->socket, &message, MSG_NOSIGNAL);
}

fake_daemon::fake_daemon(const fake_settings& settings)
  : settings_(settings),
    stop_event_(::eventfd(0, EFD_CLOEXEC)) {
  char folder[] = "/tmp/cellard-fake-XXXXXX";
  if (::mkdtemp(folder) == nullptr) {
    throw std::runtime_error("mkdtemp");
  }
  folder_ = folder;
  path_ = folder_ + "/s";
  start();
}

fake_daemon::~fake_daemon() {
  stop();
  ::unlink(path_.c_str());
  ::rmdir(folder_.c_str());
  ::close(stop_event_);
}

void fake_daemon::start() {
  ::unlink(path_.c_str());
  const int listener = ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path_.copy(address.sun_path, sizeof address.sun_path - 1);
  if (::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0
      || ::listen(listener, 64) != 0) {
    throw std::runtime_error("bind");
  }
  thread_ = std::thread([this, listener] { run(listener); });
}

void fake_daemon::stop() {
  if (!thread_.joinable()) {
    return;
  }
  ::eventfd_write(stop_event_, 1);
  thread_.join();
  eventfd_t value = 0;
  ::eventfd_read(stop_event_, &value);
  const std::lock_guard guard{mutex_};
  held_.clear();
  store_.reset();
  layout_.reset();
  leases_.clear();
  ++instance_;
}

void fake_daemon::run(int listener) {
  std::vector<std::shared_ptr<fake_peer>> peers;
  for (;;) {
    std::vector<pollfd> entries{{stop_event_, POLLIN, 0}, {listener, POLLIN, 0}};
    for (const auto& peer : peers) {
      entries.push_back({peer->socket, POLLIN, 0});
    }
    if (::poll(entries.data(), entries.size(), -1) < 0) {
      continue;
    }
    if (entries[0].revents != 0) {
      break;
    }
    for (std::size_t i = entries.size(); i-- > 2;) {
      if (entries[i].revents != 0 && !serve(peers[i - 2])) {
        peers.erase(peers.begin() + static_cast<std::ptrdiff_t>(i - 2));
      }
    }
    if (entries[1].revents != 0) {
      accept_peer(listener, peers);
    }
  }
  ::close(listener);
}

void fake_daemon::accept_peer(int listener, std::vector<std::shared_ptr<fake_peer>>& peers) {
  const int socket = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
  if (socket >= 0) {
    peers.push_back(std::make_shared<fake_peer>(socket));
    const std::lock_guard guard{mutex_};
    ++connections_;
    changed_.notify_all();
  }
}

/// Reads one frame. False when the peer is gone.
bool fake_daemon::serve(const std::shared_ptr<fake_peer>& peer) {
  auto exchange = std::make_shared<fake_exchange>();
  exchange->peer = peer;
  exchange->frame.resize(256 * 1024);
  const auto got = ::recv(peer->socket, exchange->frame.data(), exchange->frame.size(), 0);
  if (got <= 0) {
    return false;
  }
  exchange->frame.resize(static_cast<std::size_t>(got));
  const auto frame = protocol::split_request(exchange->frame);
  auto body = frame ? protocol::decode(*frame) : core::fail(core::errc::bad_frame, "header");
  if (!body || exchange->frame.size() > settings_.frame_bytes) {
    return false;  // the test sees its client disconnected
  }
  exchange->header = frame->header;
  exchange->body = std::move(*body);
  exchange->releases.resize(frame->header.releases);
  if (!exchange->releases.empty()) {
    std::memcpy(exchange->releases.data(), frame->releases.data(), frame->releases.size());
  }
  const std::lock_guard guard{mutex_};
  const auto op = static_cast<opcode>(frame->header.op);
  for (const auto lease : exchange->releases) {
    leases_.erase(lease);
  }
  if (auto& left = holding_[op]; left > 0) {
    --left;
    held_.push_back(exchange);
  } else {
    dispatch(*exchange);
  }
  ++seen_[op];
  changed_.notify_all();
  return true;
}

void fake_daemon::dispatch(fake_exchange& exchange) {
  const auto found = handlers_.find(static_cast<opcode>(exchange.header.op));
  if (found == handlers_.end() || !found->second(exchange)) {
    answer(exchange);
  }
}

void fake_daemon::on(opcode op, handler handle) {
  const std::lock_guard guard{mutex_};
  handlers_[op] = std::move(handle);
}

void fake_daemon::hold(opcode op, int times) {
  const std::lock_guard guard{mutex_};
  holding_[op] = times;
}

void fake_daemon::answer_held() {
  const std::lock_guard guard{mutex_};
  for (const auto& exchange : held_) {
    dispatch(*exchange);
  }
  held_.clear();
  holding_.clear();  // what has not arrived yet is answered as it comes
}

int fake_daemon::seen(opcode op) {
  const std::lock_guard guard{mutex_};
  return seen_[op];
}

void fake_daemon::wait_for(opcode op, int times) {
  std::unique_lock lock{mutex_};
  if (!changed_.wait_for(lock, std::chrono::seconds{20}, [&] { return seen_[op] >= times; })) {
    throw std::runtime_error("the client never sent " + std::string{to_string(op)});
  }
}

std::set<std::uint64_t> fake_daemon::leases() {
  const std::lock_guard guard{mutex_};
  return leases_;
}

std::vector<std::uint32_t> fake_daemon::aborted() {
  const std::lock_guard guard{mutex_};
  return aborted_;
}

int fake_daemon::connections() {
  const std::lock_guard guard{mutex_};
  return connections_;
}

}  // namespace cellard::testing
