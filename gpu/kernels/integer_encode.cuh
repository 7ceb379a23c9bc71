// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The second half of an encoder of the integer codecs: codes, packed. A thread owns one byte of a
// row and walks over tokens, so that what depends on the channel alone is computed once.
#pragma once

#include "gpu/kernels/integer_planes.cuh"
#include "gpu/kernels/integer_source.cuh"

namespace cellard::gpu::kernels {

/// Grid: (bytes of a row / 256 rounded up, tiles, parts of a tile). After the steps are written.
template <class Type, unsigned Bits>
struct integer_encode {
  static constexpr unsigned threads = 256;
  struct parameters {
    integer_segment on;
    integer_source<Type> from;
  };
  struct shared_layout {};

  static __device__ void run(const parameters& p) {
    const unsigned byte = blockIdx.x * threads + threadIdx.x;
    const unsigned low = p.on.plane_bytes(planes<Bits>::low);
    if (byte < low) {
      walk<plane<planes<Bits>::low, 0>>(p, byte, 0, low);
    } else if constexpr (planes<Bits>::high != 0) {
      const unsigned high = p.on.plane_bytes(planes<Bits>::high);
      if (byte - low < high) {
        walk<plane<planes<Bits>::high, planes<Bits>::low>>(p, byte - low, low, high);
      }
    }
  }

private:
  struct step {
    float least = 0;
    float inverse = 0;
  };

  static __device__ step step_of(const integer_segment& on, const integer_tile& tile,
                                 std::size_t group) {
    const float scale = on.step_at(tile.scales, group);
    return {on.least_at(tile, group), scale == 0.0F ? 0.0F : __fdiv_rn(1.0F, scale)};
  }

  static __device__ unsigned code_of(float value, step with) {
    constexpr int lowest = Bits == 8 ? -127 : 0;
    constexpr int highest = Bits == 8 ? 127 : (1 << Bits) - 1;
    const int code = __float2int_rn(__fmul_rn(__fsub_rn(value, with.least), with.inverse));
    return static_cast<unsigned>(code < lowest ? lowest : code > highest ? highest : code);
  }

  /// Byte `j` of the plane of `bytes` that begins `before` bytes into a row.
  template <class Plane>
  static __device__ void walk(const parameters& p, unsigned j, unsigned before, unsigned bytes) {
    const integer_tile tile = p.on.tile(blockIdx.y);
    typename integer_source<Type>::channel values[Plane::fields];
    step steps[Plane::fields];
    for (unsigned field = 0; field < Plane::fields; ++field) {
      const unsigned channel = j + field * bytes;
      values[field] = p.from.at(p.on, channel);
      if (p.on.keys && channel < p.on.channels()) {
        steps[field] = step_of(p.on, tile, channel);
      }
    }
    const std::size_t row = p.on.row_bytes();
    for (unsigned token = blockIdx.z; token < tile.tokens; token += gridDim.z) {
      unsigned out = 0;
      for (unsigned field = 0; field < Plane::fields; ++field) {
        const unsigned channel = j + field * bytes;
        if (channel < p.on.channels()) {
          if (!p.on.keys) {
            steps[field] = step_of(p.on, tile, p.on.group(token, channel));
          }
          const float value = values[field].at(p.on.rotation, tile.first + token);
          out |= Plane::put(code_of(value, steps[field]), field);
        }
      }
      p.on.encoded[tile.codes + token * row + before + j] = static_cast<std::byte>(out);
    }
  }
};

}  // namespace cellard::gpu::kernels
