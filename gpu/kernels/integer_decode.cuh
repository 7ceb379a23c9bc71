// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The decoder of the integer codecs: a thread owns a channel and walks over tokens. Keys that were
// rotated back are rotated again, so it decodes the partner of its pair too. After check_steps;
// whatever the bytes are, it reads codes and steps of its segment only.
#pragma once

#include "gpu/kernels/integer_planes.cuh"
#include "gpu/kernels/rotation.cuh"

namespace cellard::gpu::kernels {

/// Grid: (channels / 256 rounded up, tiles, parts of a tile). The tiles are those that the wanted
/// tokens touch.
template <class Type, unsigned Bits>
struct integer_decode {
  static constexpr unsigned threads = 256;
  struct parameters {
    integer_segment on;
    typename Type::bits* out;  ///< [wanted tokens][channels]
    unsigned first_tile;
    unsigned first_token;  ///< wanted, and the one behind the last
    unsigned end_token;
  };
  struct shared_layout {};

  static __device__ void run(const parameters& p) {
    const unsigned number = blockIdx.x * threads + threadIdx.x;
    if (number >= p.on.channels()) {
      return;
    }
    const integer_tile tile = p.on.tile(p.first_tile + blockIdx.y);
    const turned_channel turn = turned_channel::of(p.on, number);
    const channel own = channel::of(p.on, tile, number);
    const channel partner = channel::of(p.on, tile, turn.turns ? turn.other : number);
    const std::size_t row = p.on.row_bytes();
    for (unsigned within = blockIdx.z; within < tile.tokens; within += gridDim.z) {
      const unsigned token = tile.first + within;
      if (token < p.first_token || token >= p.end_token) {
        continue;
      }
      const std::byte* const codes = p.on.encoded + tile.codes + within * row;
      float value = own.at(p.on, tile, within, codes);
      if (turn.turns) {
        const float other = partner.at(p.on, tile, within, codes);
        value = turn.turned(p.on.rotation, token, value, other, false);
      }
      p.out[std::size_t{token - p.first_token} * p.on.channels() + number] = Type::narrow(value);
    }
  }

private:
  using low_plane = plane<planes<Bits>::low, 0>;

  struct place {
    unsigned byte;  ///< of a row
    unsigned field;
  };

  struct channel {
    unsigned number;
    place low;
    place high;
    float scale;  ///< of keys
    float least;

    static __device__ channel of(const integer_segment& on, const integer_tile& tile,
                                 unsigned number) {
      channel out{};
      out.number = number;
      const unsigned bytes = on.plane_bytes(planes<Bits>::low);
      out.low = {number % bytes, number / bytes};
      if constexpr (planes<Bits>::high != 0) {
        const unsigned more = on.plane_bytes(planes<Bits>::high);
        out.high = {bytes + number % more, number / more};
      }
      if (on.keys) {
        out.scale = on.scale_at(tile, number);
        out.least = on.least_at(tile, number);
      }
      return out;
    }

    [[nodiscard]] __device__ float code(const std::byte* row) const {
      unsigned code = low_plane::get(static_cast<unsigned>(row[low.byte]), low.field);
      if constexpr (planes<Bits>::high != 0) {
        using high_plane = plane<planes<Bits>::high, planes<Bits>::low>;
        code |= high_plane::get(static_cast<unsigned>(row[high.byte]), high.field);
      }
      // Eight bits are a signed byte.
      return __int2float_rn(Bits == 8 ? static_cast<std::int8_t>(code) : static_cast<int>(code));
    }

    [[nodiscard]] __device__ float at(const integer_segment& on, const integer_tile& tile,
                                      unsigned token_of_tile, const std::byte* row) const {
      const std::size_t group = on.group(token_of_tile, number);
      const float by = on.keys ? scale : on.scale_at(tile, group);
      const float from = on.keys ? least : on.least_at(tile, group);
      return __fadd_rn(__fmul_rn(code(row), by), from);  // the product is exact: one rounding
    }
  };
};

}  // namespace cellard::gpu::kernels
