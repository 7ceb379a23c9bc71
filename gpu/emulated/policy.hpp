// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// How the emulator runs a grid: every choice that a GPU makes without telling. Tests run all of
// schedules(), and the bytes that come out must be the same.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace cellard::gpu::emulated {

/// Which of the threads that could go on goes on.
enum class schedule : std::uint8_t {
  ascending,   ///< the first
  descending,  ///< the last; blocks run backwards too
  random,      ///< any, by the seed; atomics are a point where another may run
};

struct policy {
  schedule order = schedule::ascending;
  std::uint64_t seed = 1;
  std::byte poison{0xa5};  ///< what shared memory holds when a block begins
};

[[nodiscard]] constexpr std::array<policy, 3> schedules() noexcept {
  return {policy{schedule::ascending, 1, std::byte{0xa5}},
          policy{schedule::descending, 1, std::byte{0x5a}},
          policy{schedule::random, 7, std::byte{0xff}}};
}

}  // namespace cellard::gpu::emulated
