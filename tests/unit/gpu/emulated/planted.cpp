// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Kernels with a bug that a sanitizer has to find, one a run: planted NAME. Built only with a
// sanitizer; the test is that it speaks.
#include "gpu/emulated/launch.hpp"
#include "gpu/kernels/device.hpp"

#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace {

using namespace cellard::gpu;

struct words {
  unsigned* out;
};

struct warp_words {
  unsigned value[32];
};

/// Reads its neighbour's word with no barrier between.
struct missing_barrier {
  static constexpr unsigned threads = 64;
  using parameters = words;
  struct shared_layout {
    unsigned value[threads];
  };
  static void run(const parameters& p) {
    auto& s = kernels::shared<shared_layout>();
    s.value[threadIdx.x] = threadIdx.x;
    p.out[threadIdx.x] = s.value[(threadIdx.x + 32) % threads];
  }
};

/// Takes a shuffle for a fence: right in every schedule, and wrong.
struct shuffle_as_fence {
  static constexpr unsigned threads = 32;
  using parameters = words;
  using shared_layout = warp_words;
  static void run(const parameters& p) {
    auto& s = kernels::shared<shared_layout>();
    s.value[threadIdx.x] = threadIdx.x;
    const unsigned other = __shfl_xor_sync(~0U, threadIdx.x, 1);
    p.out[threadIdx.x] = s.value[other];
  }
};

/// All blocks write one word.
struct blocks_on_one_word {
  static constexpr unsigned threads = 2;
  using parameters = words;
  struct shared_layout {};
  static void run(const parameters& p) {
    if (threadIdx.x == blockIdx.x) {
      p.out[0] = 1;
    }
  }
};

/// The first word beyond shared memory.
struct shared_overrun {
  static constexpr unsigned threads = 32;
  using parameters = words;
  using shared_layout = warp_words;
  static void run(const parameters& p) {
    unsigned* const value = &kernels::shared<shared_layout>().value[0];
    p.out[threadIdx.x] = *(value + threadIdx.x + 1);
  }
};

template <class Kernel>
int run() {
  std::vector<unsigned> out(64);
  emulated::run<Kernel>({2}, {out.data()}, {});
  std::puts("nobody noticed");
  return EXIT_SUCCESS;
}

}  // namespace

int main(int count, char** arguments) {
  const std::string_view name = count == 2 ? arguments[1] : "";
  if (name == "missing_barrier") {
    return run<missing_barrier>();
  }
  if (name == "shuffle_as_fence") {
    return run<shuffle_as_fence>();
  }
  if (name == "blocks_on_one_word") {
    return run<blocks_on_one_word>();
  }
  if (name == "shared_overrun") {
    return run<shared_overrun>();
  }
  std::fputs("planted NAME\n", stderr);
  return EXIT_FAILURE;
}
