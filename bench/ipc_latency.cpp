// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// What a request costs beyond its round trip. The reference is a raw echo of the same frame sizes
// over the same kind of socket, in the same rounds; client and server share one core, because a
// wake-up of another one costs more than everything that is measured here. Values are medians.
//
//   ipc_latency [small|clients|chain64k|chain1m|place]...     default: all
#include "bench/support/crowd.hpp"
#include "bench/support/keys.hpp"
#include "bench/support/peers.hpp"
#include "bench/support/rows.hpp"
#include "bench/support/servers.hpp"
#include "bench/support/store.hpp"
#include "bench/support/turns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <iostream>
#include <memory>
#include <set>
#include <string>

namespace cellard::bench {
namespace {

using namespace std::chrono_literals;

// Sizes of frames, from docs/protocol.md.
constexpr std::size_t chain_head = 16 + 16;
constexpr std::size_t lease_bytes = 8;
constexpr std::size_t key_bytes = sizeof(cellard_key);
constexpr std::size_t match_reply = 16 + 16;
constexpr std::size_t get_reply_head = 16 + 24;
constexpr std::size_t place_bytes = 32;

constexpr std::size_t asked = 512;
constexpr std::size_t present = 300;
constexpr std::size_t chain_length = 512;

std::uint64_t sink = 0;

/// Neither stored nor asked for before.
cellard_key unknown_key() {
  static std::uint64_t next = 0;
  return key_of(std::uint64_t{1} << 40U, next++);
}

void small_request() {
  const pinned here(chosen_core());
  const daemon_server daemon(chosen_core());
  const echo_server echo(chosen_core());
  const store cache(daemon.socket(), "small", 64 * 1024);
  echo_client raw(echo.socket());
  std::vector<contestant> all{
    {"cellard",
     [&] {
       const auto key = unknown_key();
       sink += cache.lookup({&key, 1}).matched;
     }},
    {"raw",
     [&] {
       raw.round_trip(chain_head + key_bytes, match_reply);
     }},
  };
  take_turns(all, 100, 200, 10s);
  at_most("ipc/miss", all[0].p50(), "us", all[1].p50(), 1.3);
}

void eight_clients() {
  const daemon_server daemon(any_core);
  const echo_server echo(any_core);
  const auto ask_cellard = [&](std::size_t index) -> step {
    auto cache = std::make_shared<store>(daemon.socket(), "clients", 64 * 1024);
    auto next = std::make_shared<std::uint64_t>(0);
    return [cache, next, index] {
      const auto key = key_of(index, (*next)++);
      sink += cache->lookup({&key, 1}).matched;
      return std::uint64_t{1};
    };
  };
  const auto ask_raw = [&](std::size_t) -> step {
    auto raw = std::make_shared<echo_client>(echo.socket());
    return [raw] {
      raw->round_trip(chain_head + key_bytes, match_reply);
      return std::uint64_t{1};
    };
  };
  std::vector<double> ours;
  std::vector<double> theirs;
  for (int round = 0; round < 7; ++round) {
    ours.push_back(rate_of(8, 700ms, ask_cellard));
    theirs.push_back(rate_of(8, 700ms, ask_raw));
  }
  at_least("ipc/miss/8_clients", median(ours), "requests/s", median(theirs), 0.85);
}

/// Lists of `asked` keys of which the first `present` are stored.
std::vector<std::vector<cellard_key>> questions(std::size_t chains) {
  std::vector<std::vector<cellard_key>> all;
  for (std::size_t i = 0; i < chains; ++i) {
    auto keys = chain_of(i, present);
    while (keys.size() < asked) {
      keys.push_back(unknown_key());
    }
    all.push_back(std::move(keys));
  }
  return all;
}

void expect(std::size_t found) {
  if (found != present) {
    throw std::runtime_error(fmt::format("{} keys found, {} are there", found, present));
  }
}

void fill(const store& cache, std::size_t chains) {
  const std::vector<std::byte> bytes(4096, std::byte{7});
  for (std::size_t i = 0; i < chains; ++i) {
    cache.put_chain(chain_of(i, chain_length), bytes);
  }
}

/// The peers hold the same keys with values of eight bytes.
template <class Client>
std::unique_ptr<Client> filled_peer(const peer_server& server, std::size_t chains) {
  std::unique_ptr<Client> client;
  if (server.there()) {
    client = std::make_unique<Client>(server.socket());
    const std::vector<std::byte> bytes(8, std::byte{'x'});
    for (std::size_t i = 0; i < chains; ++i) {
      client->put_all(chain_of(i, chain_length), bytes);
    }
  }
  return client;
}

void report_peer(const std::string& bench, const contestant& ours, const peer_server& server,
                 const contestant* peer) {
  if (peer == nullptr) {
    skipped(bench, ours.p50(), "us", 4.5, server.why);
  } else {
    times_faster(bench, ours.p50(), "us", peer->p50(), 4.5);
  }
}

void chains(std::size_t count, const std::string& name, double lookup_goal) {
  const pinned here(chosen_core());
  const daemon_server daemon(chosen_core());
  const echo_server echo(chosen_core());
  peer_server redis_process;
  peer_server memcached_process;
  start_redis(redis_process, chosen_core(), 2048);
  start_memcached(memcached_process, chosen_core(), 2048);
  const store cache(daemon.socket(), name, 4096);
  fill(cache, count);
  auto redis = filled_peer<redis_client>(redis_process, count);
  auto memcached = filled_peer<memcached_client>(memcached_process, count);
  echo_client raw(echo.socket());

  const auto lists = questions(count);
  std::vector<std::string> requests;
  for (std::size_t i = 0; memcached && i < lists.size(); ++i) {
    requests.push_back(memcached_client::lookup_request(lists[i]));
  }
  // Every contestant walks through the lists with a step of its own, so each one's is cold.
  std::size_t at = 0;
  const auto next = [&] {
    return at = (at + 61) % lists.size();
  };

  constexpr std::size_t request_bytes = chain_head + asked * key_bytes;
  std::vector<contestant> all{
    {"lookup",
     [&] {
       expect(cache.lookup(lists[next()]).matched);
     }},
    {"raw",
     [&] {
       raw.round_trip(request_bytes, match_reply);
     }},
    {"lease",
     [&] {
       expect(cellard_blocks_count(cache.get(lists[next()]).get()));
     }},
    {"raw lease",
     [&] {
       raw.round_trip(request_bytes + lease_bytes, get_reply_head + present * place_bytes);
     }},
  };
  if (redis) {
    all.push_back({"redis", [&] {
                     expect(redis->lookup(lists[next()]));
                   }});
  }
  if (memcached) {
    all.push_back({"memcached", [&] {
                     expect(memcached->lookup(requests[next()], asked));
                   }});
  }
  take_turns(all, 60, 50, 20s);
  const auto find = [&](const std::string& who) -> const contestant* {
    const auto found = std::find_if(all.begin(), all.end(),
                                    [&](const contestant& each) { return each.name == who; });
    return found == all.end() ? nullptr : &*found;
  };
  at_most("ipc/lookup512/" + name, all[0].p50(), "us", all[1].p50(), lookup_goal);
  report_peer("ipc/lookup512/" + name + "/redis", all[0], redis_process, find("redis"));
  report_peer("ipc/lookup512/" + name + "/memcached", all[0], memcached_process, find("memcached"));
  at_most("ipc/get512/" + name, all[2].p50(), "us", all[3].p50(), 3.0);
}

void in_place(std::size_t size) {
  constexpr std::size_t total = std::size_t{1} << 30;
  const pinned here(chosen_core());
  const daemon_server daemon(chosen_core(), "2 GiB");
  const echo_server echo(chosen_core());
  const store cache(daemon.socket(), "place", size);
  echo_client raw(echo.socket());
  const std::vector<std::byte> bytes(size, std::byte{7});
  const auto keys = chain_of(size, total / size);
  for (const auto& key : keys) {
    cache.put_chain({&key, 1}, bytes);
  }
  std::size_t at = 0;
  const auto get = [&] {
    at = (at + 7919) % keys.size();  // a prime: all blocks, in no order that is guessed
    const auto blocks = cache.get({&keys[at], 1});
    cellard_view view{};
    check(cellard_blocks_view(blocks.get(), 0, &view));
    const auto* first = static_cast<const volatile std::byte*>(view.data);
    sink += static_cast<std::uint64_t>(first[0]) + static_cast<std::uint64_t>(first[size - 1]);
  };
  for (std::size_t i = 0; i < keys.size(); ++i) {
    get();  // maps the segments; the pages are cold again when their turn comes
  }
  std::vector<contestant> all{
    {"cellard", get},
    {"raw",
     [&] {
       raw.round_trip(chain_head + key_bytes + lease_bytes, get_reply_head + place_bytes);
     }},
  };
  take_turns(all, 60, 100, 6s);
  at_most(fmt::format("ipc/get_in_place/{}_KiB", size / 1024), all[0].p50(), "us", all[1].p50(),
          1.5);
}

void run(const std::set<std::string>& wanted) {
  const auto is_wanted = [&](const std::string& what) {
    return wanted.empty() || wanted.contains(what);
  };
  if (is_wanted("small")) {
    small_request();
  }
  if (is_wanted("clients")) {
    eight_clients();
  }
  if (is_wanted("chain64k")) {
    chains(64 * 1024 / chain_length, "64k", 2.0);
  }
  if (is_wanted("chain1m")) {
    chains(1024 * 1024 / chain_length, "1m", 2.5);
  }
  if (is_wanted("place")) {
    for (const std::size_t kib : {64U, 256U, 1024U, 4096U, 16384U}) {
      in_place(kib * 1024);
    }
  }
}

}  // namespace
}  // namespace cellard::bench

int main(int argc, char** argv) {
  try {
    cellard::bench::run(std::set<std::string>(argv + 1, argv + argc));
  } catch (const std::exception& problem) {
    std::cerr << "ipc_latency: " << problem.what() << '\n';
    return 1;
  }
  return 0;
}
