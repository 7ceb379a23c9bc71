// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Clients of Redis (hiredis) and memcached (its text and meta protocol, values straight into the
// caller's buffer).
#pragma once

#include "client/include/cellard/client.h"

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

struct redisContext;

namespace cellard::bench {

class redis_client {
public:
  explicit redis_client(const std::string& socket);

  void put(const cellard_key& key, std::span<const std::byte> bytes);
  bool get_copy(const cellard_key& key, std::span<std::byte> to);
  /// Many keys with small values, pipelined.
  void put_all(std::span<const cellard_key> keys, std::span<const std::byte> bytes);
  /// How many leading keys are there: a loop in the server that stops at the first that is not.
  std::size_t lookup(std::span<const cellard_key> keys);

private:
  std::unique_ptr<redisContext, void (*)(redisContext*)> context_;
  std::string script_;
};

class memcached_client {
public:
  explicit memcached_client(const std::string& socket);
  ~memcached_client();
  memcached_client(const memcached_client&) = delete;
  memcached_client& operator=(const memcached_client&) = delete;

  void put(const std::string& key, std::span<const std::byte> bytes);
  bool get_copy(const std::string& key, std::span<std::byte> to);
  void put_all(std::span<const cellard_key> keys, std::span<const std::byte> bytes);
  /// `request` is what `lookup_request` made; all keys in one pipeline.
  std::size_t lookup(const std::string& request, std::size_t keys);
  static std::string lookup_request(std::span<const cellard_key> keys);

private:
  void write(std::span<const char> head, std::span<const std::byte> body = {},
             std::span<const char> tail = {}) const;
  std::string line();
  void body(std::span<std::byte> to);
  void fill();

  int socket_ = -1;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace cellard::bench
