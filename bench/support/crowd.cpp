// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "bench/support/crowd.hpp"

#include "bench/support/processes.hpp"

#include <sys/mman.h>

#include <atomic>
#include <new>
#include <stdexcept>
#include <thread>
#include <vector>

namespace cellard::bench {
namespace {

constexpr std::size_t line = 64;
constexpr std::chrono::seconds patience{30};

// The numbers of a run: 0 ready, 1 begin, 2 stop, then one for each process.
constexpr std::size_t ready = 0;
constexpr std::size_t begin = 1;
constexpr std::size_t stop = 2;
constexpr std::size_t first = 3;

void work(const shared_counters& shared, std::size_t index,
          const std::function<step(std::size_t)>& prepare) {
  const auto one = prepare(index);
  shared.add(ready, 1);
  while (shared.load(begin) == 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  std::uint64_t done = 0;
  while (shared.load(stop) == 0) {
    done += one();
  }
  shared.store(first + index, done);
}

}  // namespace

shared_counters::shared_counters(std::size_t count) : count_(count) {
  void* made =
    mmap(nullptr, count * line, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (made == MAP_FAILED) {
    throw std::bad_alloc();
  }
  memory_ = static_cast<std::byte*>(made);
}

shared_counters::~shared_counters() {
  munmap(memory_, count_ * line);
}

void shared_counters::add(std::size_t index, std::uint64_t amount) const {
  std::atomic_ref(*reinterpret_cast<std::uint64_t*>(memory_ + index * line)).fetch_add(amount);
}

std::uint64_t shared_counters::load(std::size_t index) const {
  return std::atomic_ref(*reinterpret_cast<std::uint64_t*>(memory_ + index * line))
    .load(std::memory_order_acquire);
}

void shared_counters::store(std::size_t index, std::uint64_t value) const {
  std::atomic_ref(*reinterpret_cast<std::uint64_t*>(memory_ + index * line))
    .store(value, std::memory_order_release);
}

double rate_of(std::size_t processes, std::chrono::milliseconds time,
               const std::function<step(std::size_t)>& prepare) {
  const shared_counters shared(first + processes);
  std::vector<child> all;
  for (std::size_t i = 0; i < processes; ++i) {
    all.push_back(child::run([&shared, &prepare, i] { work(shared, i, prepare); }));
  }
  const auto latest = std::chrono::steady_clock::now() + patience;
  while (shared.load(ready) < processes) {
    if (std::chrono::steady_clock::now() > latest) {
      throw std::runtime_error("the children did not get ready");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  const auto started = std::chrono::steady_clock::now();
  shared.store(begin, 1);
  std::this_thread::sleep_for(time);
  shared.store(stop, 1);
  for (auto& each : all) {
    each.wait(patience);
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < processes; ++i) {
    sum += shared.load(first + i);
  }
  return static_cast<double>(sum) / took.count();
}

}  // namespace cellard::bench
