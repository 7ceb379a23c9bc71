// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Packed codes of one token. Codes of 2 to 6 bits are cut into planes of 4, 2 and 1 bits, low bits
// first; byte j of a plane of n bytes has codes j, j + n, j + 2n, ..., the first lowest. Codes of 8
// bits are one plane of bytes.
#pragma once

#include "gpu/kernels/device.hpp"

namespace cellard::gpu::kernels {

/// Of codes of `Bits`: the plane of the low bits and, where `high` is not 0, another.
template <unsigned Bits>
struct planes {
  static constexpr unsigned low = Bits == 8 ? 8 : Bits >= 4 ? 4 : 2;
  static constexpr unsigned high = Bits - low;
};

template <unsigned Width, unsigned Shift>
struct plane {
  static constexpr unsigned fields = 8 / Width;
  static constexpr unsigned mask = (1U << Width) - 1;

  /// This plane's part of a code, where it lies in the byte.
  static __device__ unsigned put(unsigned code, unsigned field) {
    return ((code >> Shift) & mask) << (field * Width);
  }
  static __device__ unsigned get(unsigned byte, unsigned field) {
    return ((byte >> (field * Width)) & mask) << Shift;
  }
};

}  // namespace cellard::gpu::kernels
