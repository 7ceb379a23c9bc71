// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Values of a raw segment as its encoder sees them: as float, keys rotated back where the segment
// says so. Reads the partner of a pair too; the block that owns it reads it at the same time.
#pragma once

#include "gpu/kernels/rotation.cuh"

namespace cellard::gpu::kernels {

template <class Type>
struct integer_source {
  const typename Type::bits* raw = nullptr;  ///< [tokens][channels]

  /// One channel of it, for a thread that walks over tokens.
  struct channel {
    const typename Type::bits* raw;
    unsigned number;
    unsigned channels;
    turned_channel turn;

    [[nodiscard]] __device__ typename Type::bits bits_at(unsigned token) const {
      return raw[std::size_t{token} * channels + number];
    }
    [[nodiscard]] __device__ float at(const rotation_table& how, unsigned token) const {
      const float own = Type::widen(bits_at(token));
      if (!turn.turns) {
        return own;
      }
      const float partner = Type::widen(raw[std::size_t{token} * channels + turn.other]);
      return turn.turned(how, token, own, partner, true);
    }
  };

  [[nodiscard]] __device__ channel at(const integer_segment& on, unsigned number) const {
    return {raw, number, on.channels(), turned_channel::of(on, number)};
  }
};

template <class Type>
__device__ __forceinline__ bool finite(typename Type::bits value) {
  return (value & Type::exponent) != Type::exponent;
}

}  // namespace cellard::gpu::kernels
