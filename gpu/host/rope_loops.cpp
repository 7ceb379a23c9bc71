// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "gpu/host/rope_loops.hpp"

#include "gpu/host/rope_pair.hpp"

namespace cellard::gpu::host {
namespace {

template <bool Back>
void turn(const rope_table& how, token_range which, std::uint32_t heads, std::uint32_t dim,
          float* values) {
  const bool half = how.pairing() == core::rope_descriptor::pairing_kind::half;
  const std::uint32_t pairs = how.pairs();
  for (std::uint32_t token = which.first; token < which.first + which.count; ++token) {
    const auto cosines = how.cosines(token);
    const auto sines = how.sines(token);
    for (std::uint32_t head = 0; head < heads; ++head, values += dim) {
      for (std::uint32_t i = 0; i < pairs; ++i) {
        float& a = values[half ? i : 2 * i];
        float& b = values[half ? i + pairs : 2 * i + 1];
        rotate_pair(a, b, cosines[i], Back ? -sines[i] : sines[i]);
      }
    }
  }
}

constexpr rope_loops scalar{turn<false>, turn<true>};

}  // namespace

#ifndef CELLARD_HIGHWAY
const rope_loops* highway_rope_loops(level) noexcept {
  return nullptr;
}
#endif

const rope_loops& rope_loops_of(level loops) noexcept {
  const rope_loops* fast = highway_rope_loops(loops);
  return fast == nullptr ? scalar : *fast;
}

}  // namespace cellard::gpu::host
