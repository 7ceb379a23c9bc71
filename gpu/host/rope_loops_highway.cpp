// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The part between HWY_BEFORE_NAMESPACE and HWY_AFTER_NAMESPACE is compiled once for each
// instruction set.
#include "gpu/host/highway_targets.hpp"
#include "gpu/host/rope_loops.hpp"
#include "gpu/host/rope_pair.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "gpu/host/rope_loops_highway.cpp"  // NOLINT
// clang-format off: foreach_target.h has to stand before highway.h
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

#include "gpu/host/lanes-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace cellard::gpu::host::HWY_NAMESPACE {
#if HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
namespace {

using kind = core::rope_descriptor::pairing_kind;

/// One head: `pairs` pairs, of which the first of a vector's a and b are read together.
template <bool Back, kind Pairing>
HWY_INLINE void turn_head(float* values, std::size_t pairs, const float* cosines,
                          const float* sines) {
  const floats f;
  const std::size_t lanes = hn::Lanes(f);
  std::size_t i = 0;
  for (; i + lanes <= pairs; i += lanes) {
    float_vector a;
    float_vector b;
    if constexpr (Pairing == kind::half) {
      a = hn::LoadU(f, values + i);
      b = hn::LoadU(f, values + pairs + i);
    } else {
      hn::LoadInterleaved2(f, values + 2 * i, a, b);
    }
    const auto cosine = hn::LoadU(f, cosines + i);
    const auto loaded = hn::LoadU(f, sines + i);
    const auto sine = Back ? hn::Neg(loaded) : loaded;
    const auto first = fused(a, cosine, hn::Neg(hn::Mul(b, sine)));
    const auto second = fused(a, sine, hn::Mul(b, cosine));
    if constexpr (Pairing == kind::half) {
      hn::StoreU(first, f, values + i);
      hn::StoreU(second, f, values + pairs + i);
    } else {
      hn::StoreInterleaved2(first, second, f, values + 2 * i);
    }
  }
  for (; i < pairs; ++i) {
    const bool half = Pairing == kind::half;
    rotate_pair(values[half ? i : 2 * i], values[half ? i + pairs : 2 * i + 1], cosines[i],
                Back ? -sines[i] : sines[i]);
  }
}

template <bool Back, kind Pairing>
void turn_as(const rope_table& how, token_range which, std::uint32_t heads, std::uint32_t dim,
             float* values) {
  for (std::uint32_t token = which.first; token < which.first + which.count; ++token) {
    const float* cosines = how.cosines(token).data();
    const float* sines = how.sines(token).data();
    for (std::uint32_t head = 0; head < heads; ++head, values += dim) {
      turn_head<Back, Pairing>(values, how.pairs(), cosines, sines);
    }
  }
}

template <bool Back>
void turn(const rope_table& how, token_range which, std::uint32_t heads, std::uint32_t dim,
          float* values) {
  if (how.pairing() == kind::half) {
    turn_as<Back, kind::half>(how, which, heads, dim, values);
  } else {
    turn_as<Back, kind::interleaved>(how, which, heads, dim, values);
  }
}

}  // namespace

constexpr rope_loops loops{turn<false>, turn<true>};

#endif
}  // namespace cellard::gpu::host::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cellard::gpu::host {

const rope_loops* highway_rope_loops(level loops) noexcept {
  return CELLARD_LOOPS_OF_LEVEL(rope_loops, loops, loops);
}

}  // namespace cellard::gpu::host
#endif
