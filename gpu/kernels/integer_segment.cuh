// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// What the kernels of the integer codecs work on: one segment, where its parts lie in its encoded
// bytes, and how one value becomes a code and back. Bytes: docs/codec-format.md. Written anew from
// the format, not from gpu/host, whose bytes it has to meet. All memory is the device's; parameters
// travel by value.
#pragma once

#include "gpu/kernels/device.hpp"

namespace cellard::gpu::kernels {

/// Cosines and sines of the segment's tokens, [tokens][pairs]. No pairs = not rotated.
struct rotation_table {
  const float* cosines = nullptr;
  const float* sines = nullptr;
  unsigned pairs = 0;
  bool half = true;  ///< pairs are (i, i + pairs), else (2 i, 2 i + 1)
};

/// What a launch found, bits of one word.
enum finding : unsigned {
  not_finite = 1,  ///< a value is infinite or not a number
  not_held = 2,    ///< a step does not fit its storage
  bad_step = 4,    ///< no encoder writes such a step
};

/// A tile: tokens that share their steps. Offsets are those of docs/codec-format.md.
struct integer_tile {
  unsigned first;
  unsigned tokens;
  std::size_t groups;
  std::size_t scales;
  std::size_t leasts;
  std::size_t codes;
};

struct integer_segment {
  std::byte* encoded = nullptr;  ///< head included; the host writes that
  unsigned* found = nullptr;     ///< one word
  unsigned tokens = 0;
  unsigned tiles = 0;
  unsigned heads = 0;
  unsigned dim = 0;
  unsigned bits = 8;
  bool keys = true;
  bool wide_steps = false;  ///< f32, else f16
  float reach = 0;          ///< no code may decode to more than this
  rotation_table rotation;

  [[nodiscard]] __device__ unsigned channels() const { return heads * dim; }
  [[nodiscard]] __device__ bool symmetric() const { return bits == 8; }
  [[nodiscard]] __device__ float top() const {
    return symmetric() ? 127.0F : __int2float_rn((1 << bits) - 1);
  }
  [[nodiscard]] __device__ std::size_t step_bytes() const { return wide_steps ? 4 : 2; }

  /// Bytes of a plane of `width` bits of one token.
  [[nodiscard]] __device__ unsigned plane_bytes(unsigned width) const {
    return (channels() * width + 7) / 8;
  }
  /// Of all planes of one token. Codes of 3, 5 and 6 bits are two planes.
  [[nodiscard]] __device__ unsigned row_bytes() const {
    const unsigned low = bits == 8 ? 8 : bits >= 4 ? 4 : 2;
    return plane_bytes(low) + (bits == low ? 0 : plane_bytes(bits - low));
  }

  [[nodiscard]] __device__ integer_tile tile(unsigned index) const {
    const auto first_of = [this](unsigned i) {
      return static_cast<unsigned>(std::uint64_t{tokens} * i / tiles);
    };
    integer_tile out{};
    out.first = first_of(index);
    out.tokens = first_of(index + 1) - out.first;
    out.groups = keys ? channels() : std::size_t{out.tokens} * heads;
    const std::size_t before =
      keys ? std::size_t{index} * channels() : std::size_t{out.first} * heads;
    const std::size_t arrays = symmetric() ? 1 : 2;
    out.scales = 8 + before * step_bytes() * arrays + std::size_t{out.first} * row_bytes();
    out.leasts = out.scales + out.groups * step_bytes();
    out.codes = out.scales + out.groups * step_bytes() * arrays;
    return out;
  }

  [[nodiscard]] __device__ float step_at(std::size_t array, std::size_t group) const {
    const std::byte* const from = encoded + array + group * step_bytes();
    return wide_steps ? load<float>(from) : f16::widen(load<std::uint16_t>(from));
  }
  __device__ void put_step(std::size_t array, std::size_t group, float step) const {
    std::byte* const to = encoded + array + group * step_bytes();
    if (wide_steps) {
      store(to, step);
    } else {
      store(to, f16::narrow(step));  // exact: it is one already
    }
  }

  /// As a decoder takes it: of an f32 scale 16 bits count, so that its product with a code is
  /// exact.
  [[nodiscard]] __device__ float scale_at(const integer_tile& of, std::size_t group) const {
    const float scale = step_at(of.scales, group);
    return wide_steps ? __uint_as_float(__float_as_uint(scale) & ~0xffU) : scale;
  }
  [[nodiscard]] __device__ float least_at(const integer_tile& of, std::size_t group) const {
    return symmetric() ? 0.0F : step_at(of.leasts, group);
  }
  /// The group of a channel of a token of the tile.
  [[nodiscard]] __device__ std::size_t group(unsigned token_of_tile, unsigned channel) const {
    return keys ? channel : std::size_t{token_of_tile} * heads + channel / dim;
  }
};

/// The larger, where neither is NaN.
__device__ __forceinline__ float larger(float a, float b) {
  return a < b ? b : a;
}
__device__ __forceinline__ float magnitude(float value) {
  return __uint_as_float(__float_as_uint(value) & 0x7fffffffU);
}

}  // namespace cellard::gpu::kernels
