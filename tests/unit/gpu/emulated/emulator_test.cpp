// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The block executor: what healthy kernels compute, and that broken ones are reported. Each of the
// broken kernels is a bug that a GPU would not report by itself.
#include "gpu/emulated/launch.hpp"
#include "gpu/kernels/device.hpp"

#include <boost/test/unit_test.hpp>

#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace cellard::gpu;
using emulated::policy;
using emulated::schedules;
using kernels::shared;

constexpr unsigned all = ~0U;
// Asked for here, so that compilers cannot know that a branch is never taken.
unsigned lane() {
  return threadIdx.x % 32;
}

struct none {};

struct words {
  unsigned* out;
};

/// Each thread writes one word, reads another's.
struct reverse {
  static constexpr unsigned threads = 128;
  using parameters = words;
  struct shared_layout {
    unsigned value[threads];
  };
  static void run(const parameters& p) {
    auto& s = shared<shared_layout>();
    s.value[threadIdx.x] = 1000 * blockIdx.x + threadIdx.x;
    __syncthreads();
    p.out[blockIdx.x * threads + threadIdx.x] = s.value[threads - 1 - threadIdx.x];
  }
};

/// The same without its barrier.
struct reverse_unsynchronised {
  static constexpr unsigned threads = 128;
  using parameters = words;
  using shared_layout = reverse::shared_layout;
  static void run(const parameters& p) {
    auto& s = shared<shared_layout>();
    s.value[threadIdx.x] = 1000 * blockIdx.x + threadIdx.x;
    p.out[blockIdx.x * threads + threadIdx.x] = s.value[threads - 1 - threadIdx.x];
  }
};

struct warp_sums {
  static constexpr unsigned threads = 64;
  using parameters = words;
  using shared_layout = none;
  static void run(const parameters& p) {
    unsigned sum = threadIdx.x;
    for (int lanes = 16; lanes > 0; lanes /= 2) {
      sum += __shfl_xor_sync(all, sum, lanes);
    }
    unsigned* const own = p.out + std::size_t{8} * threadIdx.x;
    own[0] = sum;
    own[1] = __ballot_sync(all, lane() % 3 == 0 ? 1 : 0);
    own[2] = __shfl_sync(all, threadIdx.x, 5, 8);
    own[3] = __shfl_up_sync(all, threadIdx.x, 2);
    own[4] = __shfl_down_sync(all, threadIdx.x, 1, 16);
    own[5] = __reduce_max_sync(all, threadIdx.x);
    own[6] = __reduce_add_sync(all, 1);
    // Two halves, each with a mask of its own and a branch of its own.
    own[7] =
      lane() < 16 ? __reduce_or_sync(0xffffU, 1U << lane()) : __reduce_or_sync(0xffff0000U, 2U);
  }
};

struct counting {
  static constexpr unsigned threads = 96;
  using parameters = words;
  using shared_layout = none;
  static void run(const parameters& p) { atomicAdd(p.out, threadIdx.x); }
};

struct barrier_in_branch {
  static constexpr unsigned threads = 64;
  using parameters = words;
  using shared_layout = none;
  static void run(const parameters&) {
    if (threadIdx.x < 32) {
      __syncthreads();
    } else {
      __syncthreads();
    }
  }
};

struct exit_before_barrier {
  static constexpr unsigned threads = 64;
  using parameters = words;
  using shared_layout = none;
  static void run(const parameters&) {
    if (threadIdx.x == 63) {
      return;
    }
    __syncthreads();
  }
};

struct ballot_in_branch {
  static constexpr unsigned threads = 32;
  using parameters = words;
  using shared_layout = none;
  static void run(const parameters& p) {
    if (lane() < 20) {
      p.out[lane()] = __ballot_sync(all, 1);
    }
  }
};

struct ballot_waits_for_barrier {
  static constexpr unsigned threads = 32;
  using parameters = words;
  using shared_layout = none;
  static void run(const parameters& p) {
    if (lane() < 20) {
      p.out[lane()] = __ballot_sync(all, 1);
    }
    __syncthreads();
  }
};

struct lane_outside_mask {
  static constexpr unsigned threads = 32;
  using parameters = words;
  using shared_layout = none;
  static void run(const parameters& p) { p.out[lane()] = __ballot_sync(0xffffU, 1); }
};

struct shuffle_from_outside {
  static constexpr unsigned threads = 32;
  using parameters = words;
  using shared_layout = none;
  static void run(const parameters& p) {
    if (lane() < 16) {
      p.out[lane()] = __shfl_xor_sync(0xffffU, lane(), 16);
    }
  }
};

struct masks_that_overlap {
  static constexpr unsigned threads = 32;
  using parameters = words;
  using shared_layout = none;
  static void run(const parameters& p) {
    p.out[lane()] = __ballot_sync(lane() < 16 ? all : 0xffffff00U, 1);
  }
};

struct different_collectives {
  static constexpr unsigned threads = 32;
  using parameters = words;
  using shared_layout = none;
  static void run(const parameters& p) {
    p.out[lane()] = lane() < 16 ? __ballot_sync(all, 1) : __reduce_add_sync(all, 1);
  }
};

struct mask_beyond_the_block {
  static constexpr unsigned threads = 40;
  using parameters = words;
  using shared_layout = none;
  static void run(const parameters& p) { p.out[threadIdx.x] = __ballot_sync(all, 1); }
};

struct throws {
  static constexpr unsigned threads = 64;
  using parameters = words;
  using shared_layout = none;
  static void run(const parameters&) {
    __syncthreads();
    if (threadIdx.x == 7) {
      throw std::logic_error("from a kernel");
    }
    __syncthreads();
  }
};

struct too_many_threads {
  static constexpr unsigned threads = 1025;
  using parameters = words;
  using shared_layout = none;
  static void run(const parameters&) {}
};

struct too_much_shared {
  static constexpr unsigned threads = 32;
  using parameters = words;
  struct shared_layout {
    std::byte all[std::size_t{228} * 1024];
  };
  static void run(const parameters&) {}
};

/// Sums shared memory that nobody wrote.
struct reads_unwritten {
  static constexpr unsigned threads = 32;
  using parameters = words;
  struct shared_layout {
    unsigned value[threads];
  };
  static void run(const parameters& p) {
    p.out[threadIdx.x] = shared<shared_layout>().value[threadIdx.x];
  }
};

/// What a kernel is reported for; each schedule may meet another of the sentences.
template <class Kernel>
void is_reported(std::initializer_list<const char*> sentences, extent grid = {}) {
  for (const policy& how : schedules()) {
    std::vector<unsigned> out(1024);
    std::string said;
    try {
      emulated::run<Kernel>(grid, {out.data()}, how);
    } catch (const emulated::fault& broken) {
      said = broken.what();
    }
    bool known = false;
    for (const char* const sentence : sentences) {
      known = known || said.find(sentence) != std::string::npos;
    }
    BOOST_TEST(known, "reported: '" << said << "'");
  }
}

template <class Kernel>
std::vector<unsigned> result(std::size_t words_out, extent grid, const policy& how) {
  std::vector<unsigned> out(words_out);
  emulated::run<Kernel>(grid, {out.data()}, how);
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(emulator)

BOOST_AUTO_TEST_CASE(threads_see_what_others_wrote_before_a_barrier) {
  for (const policy& how : schedules()) {
    const auto out = result<reverse>(std::size_t{3} * 128, {3}, how);
    for (unsigned i = 0; i < out.size(); ++i) {
      BOOST_TEST(out[i] == 1000 * (i / 128) + 127 - i % 128);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_missing_barrier_shows_in_each_schedule) {
#ifndef CELLARD_EMULATED_TSAN  // which reports it, and ends the program
  for (const policy& how : schedules()) {
    BOOST_TEST((result<reverse_unsynchronised>(128, {1}, how) != result<reverse>(128, {1}, how)));
  }
#endif
}

BOOST_AUTO_TEST_CASE(collectives_of_a_warp_are_those_of_the_manual) {
  for (const policy& how : schedules()) {
    const auto out = result<warp_sums>(std::size_t{8} * 64, {1}, how);
    for (unsigned i = 0; i < 64; ++i) {
      const unsigned* const own = &out[std::size_t{8} * i];
      const unsigned warp = i / 32 * 32;
      BOOST_TEST(own[0] == 31 * 16 + 32 * warp);
      BOOST_TEST(own[1] == 0x49249249U);
      BOOST_TEST(own[2] == i / 8 * 8 + 5);
      BOOST_TEST(own[3] == (i % 32 < 2 ? i : i - 2));
      BOOST_TEST(own[4] == (i % 16 == 15 ? i : i + 1));
      BOOST_TEST(own[5] == warp + 31);
      BOOST_TEST(own[6] == 32U);
      BOOST_TEST(own[7] == (i % 32 < 16 ? 0xffffU : 2U));
    }
  }
}

BOOST_AUTO_TEST_CASE(atomics_of_all_blocks_add_up) {
  for (const policy& how : schedules()) {
    BOOST_TEST(result<counting>(1, {5, 2, 3}, how).front() == 95U * 96 / 2 * 30);
  }
}

BOOST_AUTO_TEST_CASE(barriers_that_not_all_reach_are_faults) {
  is_reported<exit_before_barrier>({"thread (63,0,0) has returned"});
  is_reported<barrier_in_branch>({"two barriers at once"});
}

BOOST_AUTO_TEST_CASE(collectives_that_not_all_reach_are_faults) {
  is_reported<ballot_in_branch>({"for lanes that are elsewhere", "names a lane that has returned"});
  is_reported<ballot_waits_for_barrier>({"for lanes that are elsewhere"});
  is_reported<different_collectives>({"different collectives"});
}

BOOST_AUTO_TEST_CASE(wrong_masks_are_faults) {
  is_reported<lane_outside_mask>({"not in its own mask"});
  is_reported<shuffle_from_outside>({"which is not in the mask"});
  is_reported<masks_that_overlap>({"masks overlap", "not in its own mask"});
  is_reported<mask_beyond_the_block>({"lanes that do not exist"});
}

BOOST_AUTO_TEST_CASE(launches_beyond_the_limits_are_faults) {
  is_reported<too_many_threads>({"a block of 1025 threads"});
  is_reported<too_much_shared>({"233472 bytes of shared memory"});
  is_reported<counting>({"an empty grid"}, {1, 0, 1});
  is_reported<counting>({"y and z end at 65535"}, {1, 65536, 1});
}

BOOST_AUTO_TEST_CASE(a_fault_names_kernel_block_thread_and_line) {
  std::vector<unsigned> out(32);
  try {
    emulated::run<lane_outside_mask>({}, {out.data()}, {});
    BOOST_ERROR("no fault");
  } catch (const emulated::fault& broken) {
    const std::string said = broken.what();
    for (const char* const part :
         {"lane_outside_mask", "block (0,0,0)", "thread (16,0,0)", "emulator_test.cpp:"}) {
      BOOST_TEST(said.find(part) != std::string::npos, said << " lacks " << part);
    }
  }
}

BOOST_AUTO_TEST_CASE(an_exception_ends_the_launch_and_the_next_one_is_sound) {
  for (const policy& how : schedules()) {
    BOOST_CHECK_THROW(result<throws>(1, {2}, how), std::logic_error);
    BOOST_TEST(result<counting>(1, {1}, how).front() == 95U * 96 / 2);
  }
}

BOOST_AUTO_TEST_CASE(shared_memory_that_nobody_wrote_differs_by_schedule) {
  const auto first = result<reads_unwritten>(32, {1}, schedules()[0]);
  BOOST_TEST(first.front() == 0xa5a5a5a5U);
  BOOST_TEST((first != result<reads_unwritten>(32, {1}, schedules()[1])));
}

BOOST_AUTO_TEST_CASE(floats_become_integers_as_on_the_device) {
  BOOST_TEST(__float2int_rn(NAN) == 0);
  BOOST_TEST(__float2int_rn(INFINITY) == std::numeric_limits<int>::max());
  BOOST_TEST(__float2int_rn(-3e9F) == std::numeric_limits<int>::min());
  BOOST_TEST(__float2int_rn(2.5F) == 2);
  BOOST_TEST(__float2int_rn(-3.5F) == -4);
}

BOOST_AUTO_TEST_SUITE_END()
