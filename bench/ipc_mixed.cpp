// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Eight writers and eight readers at once, unpinned: bytes a second of both together, for cellard,
// Redis and memcached over Unix sockets. Each server has 1 GiB and evicts from early on; writers
// store keys that were never there, readers copy out what their writer stored lately. A read that
// misses and a put that finds no room count nothing.
#include "bench/support/crowd.hpp"
#include "bench/support/keys.hpp"
#include "bench/support/peers.hpp"
#include "bench/support/rows.hpp"
#include "bench/support/servers.hpp"
#include "bench/support/store.hpp"
#include "bench/support/turns.hpp"

#include <fmt/format.h>

#include <exception>
#include <iostream>
#include <memory>
#include <optional>
#include <utility>

namespace cellard::bench {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t writers = 8;
constexpr std::size_t readers = 8;
constexpr std::uint64_t capacity_mib = 1024;
constexpr std::size_t recent_bytes = std::size_t{32} << 20;  // a writer's part that is read

struct cellard_store {
  std::shared_ptr<store> client;
  [[nodiscard]] bool put(const cellard_key& key, std::span<const std::byte> bytes) const {
    return client->put(key, bytes);
  }
  [[nodiscard]] bool get(const cellard_key& key, std::span<std::byte> to) const {
    return client->get_copy(key, to);
  }
};

struct redis_store {
  std::shared_ptr<redis_client> client;
  [[nodiscard]] bool put(const cellard_key& key, std::span<const std::byte> bytes) const {
    client->put(key, bytes);
    return true;
  }
  [[nodiscard]] bool get(const cellard_key& key, std::span<std::byte> to) const {
    return client->get_copy(key, to);
  }
};

struct memcached_store {
  std::shared_ptr<memcached_client> client;
  [[nodiscard]] bool put(const cellard_key& key, std::span<const std::byte> bytes) const {
    client->put(word_of(key), bytes);
    return true;
  }
  [[nodiscard]] bool get(const cellard_key& key, std::span<std::byte> to) const {
    return client->get_copy(word_of(key), to);
  }
};

/// How many blocks each writer has stored, for the readers; it goes on from slot to slot.
using progress = std::shared_ptr<shared_counters>;

template <class Store>
step writer(Store where, std::size_t index, std::size_t size, const progress& written) {
  auto bytes = std::make_shared<std::vector<std::byte>>(size, std::byte{7});
  return [where, index, size, written, bytes]() -> std::uint64_t {
    const auto number = written->load(index);
    const bool stored = where.put(key_of(index, number), *bytes);
    written->store(index, number + 1);
    return stored ? size : 0;
  };
}

template <class Store>
step reader(Store where, std::size_t index, std::size_t size, const progress& written) {
  auto bytes = std::make_shared<std::vector<std::byte>>(size);
  auto random = std::make_shared<std::uint64_t>(index);
  return [where, index, size, written, bytes, random]() -> std::uint64_t {
    const auto newest = written->load(index);
    const auto recent = std::min<std::uint64_t>(newest, recent_bytes / size);
    if (recent == 0) {
      return 0;
    }
    *random = scrambled(*random);
    const auto key = key_of(index, newest - 1 - *random % recent);
    return where.get(key, *bytes) ? size : 0;
  };
}

/// One server's contest: a slot of time, and what came of all slots.
struct entrant {
  std::string name;
  std::function<step(std::size_t)> prepare;
  std::vector<double> rates = {};
};

template <class Connect>
entrant make_entrant(std::string name, std::size_t size, Connect connect) {
  auto written = std::make_shared<shared_counters>(writers);
  return {std::move(name), [=](std::size_t index) {
            return index < writers ? writer(connect(), index, size, written)
                                   : reader(connect(), index - writers, size, written);
          }};
}

void compare(const std::string& bench, double ours, const peer_server& server,
             const entrant* peer) {
  if (peer == nullptr) {
    skipped(bench, ours, "MB/s", 1.0, server.why);
  } else {
    at_least(bench, ours, "MB/s", median(peer->rates) / 1e6, 1.0);
  }
}

void measure(std::size_t size) {
  const daemon_server daemon(any_core, fmt::format("{} MiB", capacity_mib));
  peer_server redis;
  peer_server memcached;
  start_redis(redis, any_core, capacity_mib);
  start_memcached(memcached, any_core, capacity_mib);
  std::vector<entrant> all;
  all.push_back(make_entrant("cellard", size, [&] {
    return cellard_store{std::make_shared<store>(daemon.socket(), "mixed", size)};
  }));
  if (redis.there()) {
    all.push_back(make_entrant(
      "redis", size, [&] { return redis_store{std::make_shared<redis_client>(redis.socket())}; }));
  }
  if (memcached.there()) {
    all.push_back(make_entrant("memcached", size, [&] {
      return memcached_store{std::make_shared<memcached_client>(memcached.socket())};
    }));
  }
  for (int round = -1; round < 5; ++round) {
    for (auto& each : all) {
      const auto rate = rate_of(writers + readers, round < 0 ? 1500ms : 700ms, each.prepare);
      if (round >= 0) {  // the first round fills the servers
        each.rates.push_back(rate);
      }
    }
  }
  const double ours = median(all[0].rates) / 1e6;
  const auto name = fmt::format("ipc/mixed/{}_KiB", size / 1024);
  compare(name + "/redis", ours, redis, redis.there() ? &all[1] : nullptr);
  compare(name + "/memcached", ours, memcached, memcached.there() ? &all.back() : nullptr);
}

}  // namespace
}  // namespace cellard::bench

int main() {
  try {
    for (const std::size_t kib : {4U, 64U, 1024U, 4096U}) {
      cellard::bench::measure(kib * 1024);
    }
  } catch (const std::exception& problem) {
    std::cerr << "ipc_mixed: " << problem.what() << '\n';
    return 1;
  }
  return 0;
}
