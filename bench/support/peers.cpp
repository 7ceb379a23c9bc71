// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "bench/support/peers.hpp"

#include "bench/support/keys.hpp"

#include <fmt/format.h>

#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>

#if CELLARD_BENCH_REDIS
#  include <hiredis/hiredis.h>
#endif

namespace cellard::bench {

#if CELLARD_BENCH_REDIS

namespace {

using reply_ptr = std::unique_ptr<redisReply, void (*)(void*)>;

reply_ptr checked(void* answer) {
  reply_ptr reply{static_cast<redisReply*>(answer), freeReplyObject};
  if (!reply || reply->type == REDIS_REPLY_ERROR) {
    throw std::runtime_error("redis: " + std::string(reply ? reply->str : "no answer"));
  }
  return reply;
}

const char* text_of(const void* bytes) {
  return static_cast<const char*>(bytes);
}

constexpr std::size_t pipelined = 512;

}  // namespace

redis_client::redis_client(const std::string& socket)
  : context_(redisConnectUnix(socket.c_str()), redisFree) {
  if (!context_ || context_->err != 0) {
    throw std::runtime_error("redis: cannot connect to " + socket);
  }
  const auto loaded =
    checked(redisCommand(context_.get(), "SCRIPT LOAD %s",
                         "for i=1,#KEYS do if redis.call('EXISTS',KEYS[i])==0 then return i-1 end "
                         "end return #KEYS"));
  script_ = loaded->str;
}

void redis_client::put(const cellard_key& key, std::span<const std::byte> bytes) {
  checked(redisCommand(context_.get(), "SET %b %b", text_of(key.bytes), sizeof key.bytes,
                       text_of(bytes.data()), bytes.size()));
}

bool redis_client::get_copy(const cellard_key& key, std::span<std::byte> to) {
  const auto reply =
    checked(redisCommand(context_.get(), "GET %b", text_of(key.bytes), sizeof key.bytes));
  if (reply->type != REDIS_REPLY_STRING || static_cast<std::size_t>(reply->len) != to.size()) {
    return false;
  }
  std::memcpy(to.data(), reply->str, to.size());
  return true;
}

void redis_client::put_all(std::span<const cellard_key> keys, std::span<const std::byte> bytes) {
  for (std::size_t at = 0; at < keys.size(); at += pipelined) {
    const auto some = keys.subspan(at, std::min(pipelined, keys.size() - at));
    for (const auto& key : some) {
      redisAppendCommand(context_.get(), "SET %b %b", text_of(key.bytes), sizeof key.bytes,
                         text_of(bytes.data()), bytes.size());
    }
    for (std::size_t i = 0; i < some.size(); ++i) {
      void* answer = nullptr;
      redisGetReply(context_.get(), &answer);
      checked(answer);
    }
  }
}

std::size_t redis_client::lookup(std::span<const cellard_key> keys) {
  const auto count = std::to_string(keys.size());
  std::vector<const char*> words{"EVALSHA", script_.data(), count.data()};
  std::vector<std::size_t> lengths{7, script_.size(), count.size()};
  for (const auto& key : keys) {
    words.push_back(text_of(key.bytes));
    lengths.push_back(sizeof key.bytes);
  }
  return static_cast<std::size_t>(
    checked(redisCommandArgv(context_.get(), static_cast<int>(words.size()), words.data(),
                             lengths.data()))
      ->integer);
}

#else

redis_client::redis_client(const std::string&) : context_(nullptr, nullptr) {
  throw std::runtime_error("built without hiredis");
}
void redis_client::put(const cellard_key&, std::span<const std::byte>) {
}
bool redis_client::get_copy(const cellard_key&, std::span<std::byte>) {
  return false;
}
void redis_client::put_all(std::span<const cellard_key>, std::span<const std::byte>) {
}
std::size_t redis_client::lookup(std::span<const cellard_key>) {
  return 0;
}

#endif

memcached_client::memcached_client(const std::string& socket)
  : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)),
    buffer_(64 * 1024) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, socket.data(),
              std::min(socket.size(), sizeof address.sun_path - 1));
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    ::close(socket_);
    throw std::runtime_error("memcached: cannot connect to " + socket);
  }
}

memcached_client::~memcached_client() {
  ::close(socket_);
}

void memcached_client::write(std::span<const char> head, std::span<const std::byte> body,
                             std::span<const char> tail) const {
  std::array<iovec, 3> pieces{{{const_cast<char*>(head.data()), head.size()},
                               {const_cast<std::byte*>(body.data()), body.size()},
                               {const_cast<char*>(tail.data()), tail.size()}}};
  std::span<iovec> left{pieces};
  while (!left.empty()) {
    auto sent = ::writev(socket_, left.data(), static_cast<int>(left.size()));
    if (sent < 0) {
      throw std::runtime_error("memcached: the connection broke");
    }
    while (!left.empty() && static_cast<std::size_t>(sent) >= left.front().iov_len) {
      sent -= static_cast<ssize_t>(left.front().iov_len);
      left = left.subspan(1);
    }
    if (!left.empty()) {
      left.front().iov_base = static_cast<char*>(left.front().iov_base) + sent;
      left.front().iov_len -= static_cast<std::size_t>(sent);
    }
  }
}

void memcached_client::fill() {
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  const auto got = ::read(socket_, buffer_.data() + end_, buffer_.size() - end_);
  if (got <= 0) {
    throw std::runtime_error("memcached: the connection broke");
  }
  end_ += static_cast<std::size_t>(got);
}

std::string memcached_client::line() {
  for (;;) {
    const auto from = buffer_.begin() + static_cast<std::ptrdiff_t>(begin_);
    const auto to = buffer_.begin() + static_cast<std::ptrdiff_t>(end_);
    const auto found = std::find(from, to, '\n');
    if (found != to) {
      std::string text(from, found - 1);
      begin_ += static_cast<std::size_t>(found - from) + 1;
      return text;
    }
    fill();
  }
}

void memcached_client::body(std::span<std::byte> to) {
  const auto held = std::min(to.size(), end_ - begin_);
  std::memcpy(to.data(), buffer_.data() + begin_, held);
  begin_ += held;
  for (auto left = to.subspan(held); !left.empty();) {
    const auto got = ::read(socket_, left.data(), left.size());
    if (got <= 0) {
      throw std::runtime_error("memcached: the connection broke");
    }
    left = left.subspan(static_cast<std::size_t>(got));
  }
}

void memcached_client::put(const std::string& key, std::span<const std::byte> bytes) {
  static constexpr std::array<char, 2> end{'\r', '\n'};
  write(fmt::format("set {} 0 0 {}\r\n", key, bytes.size()), bytes, end);
  if (const auto answer = line(); answer != "STORED") {
    throw std::runtime_error("memcached: " + answer);
  }
}

bool memcached_client::get_copy(const std::string& key, std::span<std::byte> to) {
  write(fmt::format("get {}\r\n", key));
  if (!line().starts_with("VALUE")) {
    return false;
  }
  body(to);
  line();
  line();
  return true;
}

void memcached_client::put_all(std::span<const cellard_key> keys,
                               std::span<const std::byte> bytes) {
  constexpr std::size_t at_once = 256;
  const std::string value(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  for (std::size_t at = 0; at < keys.size(); at += at_once) {
    const auto some = keys.subspan(at, std::min(at_once, keys.size() - at));
    std::string request;
    for (const auto& key : some) {
      request += fmt::format("set {} 0 0 {}\r\n{}\r\n", word_of(key), value.size(), value);
    }
    write(request);
    for (std::size_t i = 0; i < some.size(); ++i) {
      line();
    }
  }
}

std::string memcached_client::lookup_request(std::span<const cellard_key> keys) {
  std::string request;
  for (const auto& key : keys) {
    request += "mg " + word_of(key) + "\r\n";
  }
  return request;
}

std::size_t memcached_client::lookup(const std::string& request, std::size_t keys) {
  write(request);
  std::size_t found = 0;
  bool unbroken = true;
  for (std::size_t i = 0; i < keys; ++i) {
    unbroken = line() == "HD" && unbroken;
    found += unbroken ? 1U : 0U;
  }
  return found;
}

}  // namespace cellard::bench
