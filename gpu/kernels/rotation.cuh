// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Rotary embedding of one channel, forwards and back: which channel it is paired with, and its half
// of the product. Two roundings, as on every backend:
//   a' = fma(a, cos, -(b * sin))      b' = fma(a, sin, b * cos)
// Undoing is the same with the sine's sign turned.
#pragma once

#include "gpu/kernels/integer_segment.cuh"

namespace cellard::gpu::kernels {

struct turned_channel {
  bool turns = false;
  bool first = false;  ///< the a of its pair
  unsigned other = 0;  ///< channel of the token, not of the head
  unsigned pair = 0;   ///< column of the table

  static __device__ turned_channel of(const integer_segment& on, unsigned channel) {
    const rotation_table& how = on.rotation;
    const unsigned within = channel % on.dim;
    turned_channel out;
    out.turns = within < 2 * how.pairs;
    out.first = how.half ? within < how.pairs : within % 2 == 0;
    const unsigned distance = how.half ? how.pairs : 1;
    out.other = out.first ? channel + distance : channel - distance;
    out.pair = !how.half ? within / 2 : out.first ? within : within - how.pairs;
    return out;
  }

  /// `own` of this channel after the rotation; `back` undoes it.
  [[nodiscard]] __device__ float turned(const rotation_table& how, unsigned token, float own,
                                        float partner, bool back) const {
    const std::size_t at = std::size_t{token} * how.pairs + pair;
    const float cosine = how.cosines[at];
    const float sine = back ? -how.sines[at] : how.sines[at];
    return first ? __fmaf_rn(own, cosine, -__fmul_rn(partner, sine))
                 : __fmaf_rn(partner, sine, __fmul_rn(own, cosine));
  }
};

}  // namespace cellard::gpu::kernels
