// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// What does hashing in the same pass cost a put? checked_copy against a plain non-temporal copy,
// memcpy, and memcpy followed by XXH3 of the destination. All four take turns within a round, each
// on its own part of two rings of 1 GiB that no cache holds; medians over the rounds, of the
// thread's own time. One JSON line for each size and reference: `value` and `reference` are GB/s,
// `ratio` is value / reference.
//
//   checked_copy_bench [rounds] [smallest size] [largest size]
#include "core/checked_copy.hpp"

#include "bench/support/stream_copy.hpp"

#include <fmt/format.h>

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <new>
#include <string_view>
#include <vector>

namespace cellard::bench {
namespace {

constexpr std::size_t ring_bytes = std::size_t{1} << 30;
constexpr std::size_t sample_bytes = std::size_t{1} << 21;  // short, so that few are interrupted

std::uint64_t sink = 0;

void with_checked_copy(std::byte* to, const std::byte* from, std::size_t size) {
  sink += core::checked_copy(to, from, size);
}

void with_stream(std::byte* to, const std::byte* from, std::size_t size) {
  stream_copy(to, from, size);
}

void with_memcpy(std::byte* to, const std::byte* from, std::size_t size) {
  std::memcpy(to, from, size);
}

void with_memcpy_then_hash(std::byte* to, const std::byte* from, std::size_t size) {
  std::memcpy(to, from, size);
  sink += core::checksum({to, size});
}

struct method {
  std::string_view name;
  void (*copy)(std::byte*, const std::byte*, std::size_t);
  double goal;  ///< of checked_copy against this one
  std::vector<double> gigabytes_per_second;
};

std::byte* new_ring(int fill) {
  void* ring = mmap(nullptr, ring_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (ring == MAP_FAILED) {
    throw std::bad_alloc();
  }
  std::memset(ring, fill, ring_bytes);
  return static_cast<std::byte*>(ring);
}

// This thread's own time: what other processes run meanwhile on a busy host is no one's merit.
double nanoseconds_now() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

double sample(const method& way, std::byte* to, const std::byte* from, std::size_t size) {
  const std::size_t bytes = std::max(size, sample_bytes);
  const double begin = nanoseconds_now();
  for (std::size_t at = 0; at < bytes; at += size) {
    way.copy(to + at, from + at, size);
  }
  return static_cast<double>(bytes) / (nanoseconds_now() - begin);
}

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2),
                   values.end());
  return values[values.size() / 2];
}

void report(std::size_t size, const std::array<method, 4>& ways) {
  const double value = median(ways[0].gigabytes_per_second);
  for (std::size_t i = 1; i < ways.size(); ++i) {
    const double reference = median(ways[i].gigabytes_per_second);
    const double ratio = value / reference;
    fmt::print(R"({{"bench": "checked_copy/{}/{}", "value": {:.3f}, "unit": "GB/s", )"
               R"("reference": {:.3f}, "ratio": {:.3f}, "goal": {:.2f}, "met": {}}})"
               "\n",
               size, ways[i].name, value, reference, ratio, ways[i].goal, ratio >= ways[i].goal);
  }
}

void measure(std::size_t size, std::size_t rounds, std::byte* to, const std::byte* from) {
  std::array<method, 4> ways{{{"checked_copy", with_checked_copy, 1.0, {}},
                              {"non_temporal", with_stream, 0.8, {}},
                              {"memcpy", with_memcpy, 0.8, {}},
                              {"memcpy_then_hash", with_memcpy_then_hash, 1.0, {}}}};
  std::size_t at = 0;
  for (std::size_t round = 0; round < rounds; ++round) {
    for (std::size_t turn = 0; turn < ways.size(); ++turn) {
      method& way = ways[(round + turn) % ways.size()];
      way.gigabytes_per_second.push_back(sample(way, to + at, from + at, size));
      at = (at + std::max(size, sample_bytes)) % ring_bytes;
    }
  }
  report(size, ways);
}

}  // namespace
}  // namespace cellard::bench

int main(int argc, char** argv) {  // NOLINT(bugprone-exception-escape): no memory, no benchmark
  const auto argument = [&](int index, std::size_t otherwise) {
    return argc > index ? std::strtoull(argv[index], nullptr, 10) : otherwise;
  };
  const std::size_t rounds = argument(1, 301);
  const std::size_t largest = argument(3, std::size_t{1} << 24);
  std::byte* to = cellard::bench::new_ring(1);
  const std::byte* from = cellard::bench::new_ring(2);
  for (std::size_t size = argument(2, std::size_t{1} << 16); size <= largest; size *= 4) {
    cellard::bench::measure(size, rounds, to, from);
  }
  return cellard::bench::sink == 0 ? 1 : 0;
}
