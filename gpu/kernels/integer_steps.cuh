// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The first half of an encoder of the integer codecs: ranges of groups, and from them scales and
// least values in their places in the encoded bytes. Keys: a group is a channel of a tile; values:
// a head of one token. And the check of steps that a decoder begins with.
#pragma once

#include "gpu/kernels/integer_source.cuh"

#include <limits>

namespace cellard::gpu::kernels {

struct range {
  float least = std::numeric_limits<float>::infinity();
  float most = -std::numeric_limits<float>::infinity();

  __device__ void add(float value) {
    least = value < least ? value : least;
    most = value > most ? value : most;
  }
  __device__ void add(const range& other) {
    least = other.least < least ? other.least : least;
    most = other.most > most ? other.most : most;
  }
};

struct integer_step {
  float scale = 0;
  float least = 0;
  bool held = false;

  /// Scale up, least value down: codes reach all values.
  static __device__ integer_step of(const range& values, const integer_segment& on) {
    const float low = __fadd_rn(values.least, 0.0F);  // -0 and 0 are one value
    const float high = __fadd_rn(values.most, 0.0F);
    const float largest = larger(magnitude(low), magnitude(high));
    integer_step out;
    if (!on.symmetric()) {
      out.least = on.wide_steps ? low : f16::widen(f16::down(low));
    }
    const float span = on.symmetric() ? largest : __fsub_rn(high, out.least);
    const float exact = __fdiv_rn(span, on.top());
    if (on.wide_steps) {
      const float up = __uint_as_float((__float_as_uint(exact) + 0xffU) & ~0xffU);
      out.scale = exact == 0.0F ? 0.0F : larger(up, 0x1p-126F);
      out.held = largest <= 0x1p120F;
    } else {
      out.scale = f16::widen(f16::up(exact));
      out.held = out.scale <= 65504.0F && out.least >= -65504.0F
                 && (out.scale == 0.0F || out.scale >= 0x1p-20F);
    }
    const float end = magnitude(__fadd_rn(__fmul_rn(on.top(), out.scale), out.least));
    out.held = out.held && !(larger(magnitude(out.least), end) > on.reach);
    return out;
  }

  __device__ void put(const integer_segment& on, const integer_tile& tile,
                      std::size_t group) const {
    on.put_step(tile.scales, group, scale);
    if (!on.symmetric()) {
      on.put_step(tile.leasts, group, least);
    }
    if (!held) {
      atomicOr(on.found, not_held);
    }
  }
};

/// Grid: (channels / 32 rounded up, tiles). A warp reads a row of 32 channels.
template <class Type>
struct key_steps {
  static constexpr unsigned threads = 256;
  static constexpr unsigned columns = 32;
  static constexpr unsigned rows = threads / columns;
  struct parameters {
    integer_segment on;
    integer_source<Type> from;
  };
  struct shared_layout {
    range of[rows][columns];
  };

  static __device__ void run(const parameters& p) {
    auto& s = shared<shared_layout>();
    const unsigned column = threadIdx.x % columns;
    const unsigned row = threadIdx.x / columns;
    const unsigned channel = blockIdx.x * columns + column;
    const bool live = channel < p.on.channels();
    const integer_tile tile = p.on.tile(blockIdx.y);
    range own;
    bool odd = false;
    if (live) {
      const auto values = p.from.at(p.on, channel);
      for (unsigned token = tile.first + row; token < tile.first + tile.tokens; token += rows) {
        odd = odd || !finite<Type>(values.bits_at(token));
        own.add(values.at(p.on.rotation, token));
      }
    }
    if (odd) {
      atomicOr(p.on.found, not_finite);
    }
    s.of[row][column] = own;
    __syncthreads();
    if (row == 0 && live) {
      for (unsigned other = 1; other < rows; ++other) {
        own.add(s.of[other][column]);
      }
      integer_step::of(own, p.on).put(p.on, tile, channel);
    }
  }
};

/// Grid: (rows of the largest tile / 8 rounded up, tiles). A warp is one row: a head of a token.
template <class Type>
struct value_steps {
  static constexpr unsigned threads = 256;
  static constexpr unsigned rows = threads / 32;
  using parameters = typename key_steps<Type>::parameters;
  struct shared_layout {};

  static __device__ void run(const parameters& p) {
    const integer_tile tile = p.on.tile(blockIdx.y);
    const std::size_t row = std::size_t{blockIdx.x} * rows + threadIdx.x / 32;
    const bool live = row < tile.groups;
    const typename Type::bits* const values =
      p.from.raw + (std::size_t{tile.first} * p.on.heads + row) * p.on.dim;
    range own;
    bool odd = false;
    for (unsigned i = threadIdx.x % 32; live && i < p.on.dim; i += 32) {
      odd = odd || !finite<Type>(values[i]);
      own.add(Type::widen(values[i]));
    }
    if (odd) {
      atomicOr(p.on.found, not_finite);
    }
    for (int lanes = 16; lanes > 0; lanes /= 2) {
      range other;
      other.least = __shfl_xor_sync(~0U, own.least, lanes);
      other.most = __shfl_xor_sync(~0U, own.most, lanes);
      own.add(other);
    }
    if (live && threadIdx.x % 32 == 0) {
      integer_step::of(own, p.on).put(p.on, tile, row);
    }
  }
};

/// Grid: (groups of the largest tile / 256 rounded up, tiles). Within these limits all that is
/// decoded is finite, and the same on every backend.
struct check_steps {
  static constexpr unsigned threads = 256;
  struct parameters {
    integer_segment on;
    unsigned first_tile;
  };
  struct shared_layout {};

  static __device__ void run(const parameters& p) {
    const integer_tile tile = p.on.tile(p.first_tile + blockIdx.y);
    const std::size_t group = std::size_t{blockIdx.x} * threads + threadIdx.x;
    if (group < tile.groups) {
      const float most = p.on.wide_steps ? 0x1p121F : 65504.0F;
      const bool good = magnitude(p.on.scale_at(tile, group)) <= most
                        && magnitude(p.on.least_at(tile, group)) <= most;
      if (!good) {
        atomicOr(p.on.found, bad_step);
      }
    }
  }
};

}  // namespace cellard::gpu::kernels
