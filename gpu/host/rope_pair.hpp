// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// One pair of rotary embedding: the formula of rope_loops.hpp, for the scalar loops and for what
// vectors leave over.
#pragma once

#include <cmath>

namespace cellard::gpu::host {

inline void rotate_pair(float& a, float& b, float cosine, float sine) noexcept {
  const float first = std::fma(a, cosine, -(b * sine));
  const float second = std::fma(a, sine, b * cosine);
  a = first;
  b = second;
}

}  // namespace cellard::gpu::host
