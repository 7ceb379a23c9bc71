// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// CUDA's words for a kernel that g++ or clang compiles: those that ours use, with CUDA's meaning.
// Included only by gpu/kernels/device.hpp. Floats are single IEEE operations, one rounding each:
// compile with -ffp-contract=off.
#pragma once

#include "gpu/emulated/block.hpp"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming): CUDA's names

#define __device__
#define __forceinline__ inline

namespace cellard::gpu::emulated {

/// Reads as an unsigned; the value belongs to the thread that runs.
template <const index3& (*Where)() noexcept, unsigned index3::*Axis>
struct axis {
  // NOLINTNEXTLINE(google-explicit-constructor): CUDA's threadIdx.x is a number
  operator unsigned() const noexcept { return Where().*Axis; }
};

template <const index3& (*Where)() noexcept>
struct axes {
  axis<Where, &index3::x> x;
  axis<Where, &index3::y> y;
  axis<Where, &index3::z> z;
};

/// What CUDA's overloads make of an argument: threadIdx.x is a number there.
template <class T>
using plain = std::conditional_t<std::is_arithmetic_v<T>, T, unsigned>;

/// A value of up to eight bytes through a collective.
template <class T>
T through(lane_call call, T value) {
  std::memcpy(&call.value, &value, sizeof value);
  const std::uint64_t out = meet(call);
  std::memcpy(&value, &out, sizeof value);
  return value;
}

template <class T>
plain<T> shuffled(collective kind, unsigned mask, T value, unsigned argument, int width,
                  site where) {
  return through<plain<T>>({.kind = kind,
                            .mask = mask,
                            .width = static_cast<unsigned>(width),
                            .argument = argument,
                            .where = where},
                           value);
}

inline unsigned reduced(collective kind, unsigned mask, unsigned value, site where) {
  return through({.kind = kind, .mask = mask, .where = where}, value);
}

}  // namespace cellard::gpu::emulated

inline constexpr cellard::gpu::emulated::axes<cellard::gpu::emulated::thread_index> threadIdx{};
inline constexpr cellard::gpu::emulated::axes<cellard::gpu::emulated::block_index> blockIdx{};
inline constexpr cellard::gpu::emulated::axes<cellard::gpu::emulated::block_extent> blockDim{};
inline constexpr cellard::gpu::emulated::axes<cellard::gpu::emulated::grid_extent> gridDim{};

// As a default argument the builtins name the caller; clang 14 has no std::source_location.
#define CELLARD_SITE                                                                               \
  cellard::gpu::emulated::site where = {__builtin_FILE(), static_cast<unsigned>(__builtin_LINE())}

inline void __syncthreads(CELLARD_SITE) {
  cellard::gpu::emulated::barrier(where);
}

inline void __syncwarp(unsigned mask = ~0U, CELLARD_SITE) {
  using namespace cellard::gpu::emulated;
  meet({.kind = collective::sync, .mask = mask, .where = where});
}

inline unsigned __ballot_sync(unsigned mask, int predicate, CELLARD_SITE) {
  using namespace cellard::gpu::emulated;
  return reduced(collective::ballot, mask, predicate != 0 ? 1U : 0U, where);
}

template <class T>
cellard::gpu::emulated::plain<T> __shfl_sync(unsigned mask, T value, int lane, int width = 32,
                                             CELLARD_SITE) {
  using namespace cellard::gpu::emulated;
  return shuffled(collective::shuffle, mask, value, static_cast<unsigned>(lane), width, where);
}

template <class T>
cellard::gpu::emulated::plain<T> __shfl_up_sync(unsigned mask, T value, unsigned delta,
                                                int width = 32, CELLARD_SITE) {
  using namespace cellard::gpu::emulated;
  return shuffled(collective::shuffle_up, mask, value, delta, width, where);
}

template <class T>
cellard::gpu::emulated::plain<T> __shfl_down_sync(unsigned mask, T value, unsigned delta,
                                                  int width = 32, CELLARD_SITE) {
  using namespace cellard::gpu::emulated;
  return shuffled(collective::shuffle_down, mask, value, delta, width, where);
}

template <class T>
cellard::gpu::emulated::plain<T> __shfl_xor_sync(unsigned mask, T value, int lanes, int width = 32,
                                                 CELLARD_SITE) {
  using namespace cellard::gpu::emulated;
  return shuffled(collective::shuffle_xor, mask, value, static_cast<unsigned>(lanes), width, where);
}

inline unsigned __reduce_or_sync(unsigned mask, unsigned value, CELLARD_SITE) {
  using namespace cellard::gpu::emulated;
  return reduced(collective::reduce_or, mask, value, where);
}

inline unsigned __reduce_max_sync(unsigned mask, unsigned value, CELLARD_SITE) {
  using namespace cellard::gpu::emulated;
  return reduced(collective::reduce_max, mask, value, where);
}

inline unsigned __reduce_add_sync(unsigned mask, unsigned value, CELLARD_SITE) {
  using namespace cellard::gpu::emulated;
  return reduced(collective::reduce_add, mask, value, where);
}

// Relaxed, as on the device: the race detector knows them for atomics, and they order nothing.
inline unsigned atomicAdd(unsigned* to, unsigned value) {
  const unsigned old = __atomic_fetch_add(to, value, __ATOMIC_RELAXED);
  cellard::gpu::emulated::atomic_done();
  return old;
}

inline unsigned atomicOr(unsigned* to, unsigned value) {
  const unsigned old = __atomic_fetch_or(to, value, __ATOMIC_RELAXED);
  cellard::gpu::emulated::atomic_done();
  return old;
}

inline float __fmul_rn(float a, float b) {
  return a * b;
}
inline float __fadd_rn(float a, float b) {
  return a + b;
}
inline float __fsub_rn(float a, float b) {
  return a - b;
}
inline float __fdiv_rn(float a, float b) {
  return a / b;
}
inline float __fmaf_rn(float a, float b, float c) {
  return std::fma(a, b, c);
}

/// Ties to even, saturating, 0 for NaN: x86's own conversion does neither of the two.
inline int __float2int_rn(float value) {
  if (value != value) {
    return 0;
  }
  if (value >= 0x1p31F) {
    return std::numeric_limits<int>::max();
  }
  return value < -0x1p31F ? std::numeric_limits<int>::min()
                          : static_cast<int>(std::nearbyint(value));
}
inline float __int2float_rn(int value) {
  return static_cast<float>(value);
}
inline unsigned __float_as_uint(float value) {
  return std::bit_cast<unsigned>(value);
}
inline float __uint_as_float(unsigned bits) {
  return std::bit_cast<float>(bits);
}

// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)
