// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// What copying through the daemon costs beside one memcpy, cold to cold: blocks got into the
// caller's memory, and blocks put from there, the client's own write included. All source and
// target memory is visited in turn and is larger than the caches. Values are medians; client and
// daemon share one core.
#include "bench/support/keys.hpp"
#include "bench/support/rows.hpp"
#include "bench/support/servers.hpp"
#include "bench/support/store.hpp"
#include "bench/support/turns.hpp"

#include <fmt/format.h>

#include <sys/mman.h>

#include <exception>
#include <iostream>
#include <new>

namespace cellard::bench {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t ring_bytes = std::size_t{1} << 30;
constexpr std::size_t fill_bytes = ring_bytes + ring_bytes / 2;

std::span<std::byte> new_ring(int fill) {
  void* ring = mmap(nullptr, ring_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (ring == MAP_FAILED) {
    throw std::bad_alloc();
  }
  std::memset(ring, fill, ring_bytes);
  return {static_cast<std::byte*>(ring), ring_bytes};
}

struct rings {
  std::span<std::byte> from = new_ring(1);
  std::span<std::byte> to = new_ring(2);
  std::size_t at = 0;

  /// Where the next copy is: both rings are walked through by all contestants together.
  std::size_t next(std::size_t size) {
    at = (at + size) % ring_bytes;
    return at;
  }
};

std::vector<cellard_key> fill(const store& cache, std::size_t size) {
  const std::vector<std::byte> bytes(size, std::byte{7});
  auto keys = chain_of(size, fill_bytes / size);
  for (const auto& key : keys) {
    cache.put_chain({&key, 1}, bytes);
  }
  return keys;
}

contestant copying(rings& memory, std::size_t size) {
  return {"memcpy", [&memory, size] {
            const auto at = memory.next(size);
            std::memcpy(memory.to.data() + at, memory.from.data() + at, size);
          }};
}

void measure(rings& memory, std::size_t size, double put_goal) {
  const daemon_server daemon(chosen_core(), "4 GiB");
  const store cache(daemon.socket(), "copy", size);
  const auto keys = fill(cache, size);
  const auto name = fmt::format("{}_MiB", size >> 20U);

  std::size_t which = 0;
  const auto get = [&] {
    which = (which + 1) % keys.size();
    const auto at = memory.next(size);
    if (!cache.get_copy(keys[which], memory.to.subspan(at, size))) {
      throw std::runtime_error("a block is gone");
    }
  };
  for (std::size_t i = 0; i < keys.size(); ++i) {
    get();  // the client's page tables
  }
  std::vector<contestant> readers{{"cellard", get}, copying(memory, size)};
  take_turns(readers, 120, 4, 10s);
  at_most("ipc/get_copy/" + name, readers[0].p50(), "us", readers[1].p50(), 1.15);

  // What was removed leaves memory that is already populated, as in a cache that runs for long.
  for (std::size_t i = 0; i < keys.size(); i += 1024) {
    cache.remove(std::span(keys).subspan(i, std::min<std::size_t>(1024, keys.size() - i)));
  }
  std::uint64_t fresh = 0;
  std::vector<contestant> writers{
    {"cellard",
     [&] {
       const auto at = memory.next(size);
       if (!cache.put(key_of(size + 1, fresh++), memory.from.subspan(at, size))) {
         throw std::runtime_error("a block was not stored");
       }
     }},
    copying(memory, size)};
  take_turns(writers, 75, 4, 10s);
  at_most("ipc/put/" + name, writers[0].p50(), "us", writers[1].p50(), put_goal);
}

}  // namespace
}  // namespace cellard::bench

int main() {
  using namespace cellard::bench;
  try {
    const pinned here(chosen_core());
    rings memory;
    measure(memory, std::size_t{1} << 20, 2.3);
    measure(memory, std::size_t{4} << 20, 1.7);
  } catch (const std::exception& problem) {
    std::cerr << "ipc_copy: " << problem.what() << '\n';
    return 1;
  }
  return 0;
}
