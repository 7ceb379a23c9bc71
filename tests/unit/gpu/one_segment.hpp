// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// A segment of float and the two calls of a codec, for the tests of single codecs.
#pragma once

#include "gpu/segment_codec.hpp"

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace cellard::tests {

inline gpu::segment shape_of(gpu::side what, std::uint32_t tokens, std::uint32_t heads,
                             std::uint32_t dim) {
  gpu::segment out;
  out.type = core::dtype::f32;
  out.what = what;
  out.tokens = tokens;
  out.heads = heads;
  out.dim = dim;
  return out;
}

/// Normal numbers in few directions, and normal noise.
inline std::vector<float> few_directions(const gpu::segment& shape, int directions, float noise) {
  std::mt19937 random(6);
  std::normal_distribution<float> normal;
  std::vector<float> out(shape.count());
  for (int j = 0; j < directions; ++j) {
    std::vector<float> channel(shape.channels());
    std::generate(channel.begin(), channel.end(), [&] { return normal(random); });
    for (std::size_t t = 0; t < shape.tokens; ++t) {
      const float token = normal(random);
      for (std::size_t c = 0; c < channel.size(); ++c) {
        out[t * channel.size() + c] += token * channel[c];
      }
    }
  }
  for (float& value : out) {
    value += noise * normal(random);
  }
  return out;
}

inline core::result<std::vector<std::byte>> try_encode(const gpu::segment_codec& codec,
                                                       const gpu::segment& shape,
                                                       const std::vector<float>& raw) {
  gpu::scratch work;
  std::vector<std::byte> out(codec.bound(shape));
  const auto size = codec.encode(shape, std::as_bytes(std::span(raw)), out, work);
  CELLARD_TRY(size);
  out.resize(*size);
  return out;
}

inline core::result<std::vector<float>> try_decode(const gpu::segment_codec& codec,
                                                   const gpu::segment& shape,
                                                   const std::vector<std::byte>& bytes) {
  gpu::scratch work;
  std::vector<float> out(shape.count());
  CELLARD_TRY(
    codec.decode(shape, bytes, {0, shape.tokens}, std::as_writable_bytes(std::span(out)), work));
  return out;
}

/// The same where they cannot fail.
inline std::vector<std::byte> encoded(const gpu::segment_codec& codec, const gpu::segment& shape,
                                      const std::vector<float>& raw) {
  return try_encode(codec, shape, raw).value();
}

inline std::vector<float> decoded(const gpu::segment_codec& codec, const gpu::segment& shape,
                                  const std::vector<std::byte>& bytes) {
  return try_decode(codec, shape, bytes).value();
}

/// Relative, in double.
inline double error_of(const std::vector<float>& seen, const std::vector<float>& was) {
  double off = 0;
  double all = 0;
  for (std::size_t i = 0; i < was.size(); ++i) {
    off += std::pow(static_cast<double>(seen[i]) - static_cast<double>(was[i]), 2);
    all += std::pow(static_cast<double>(was[i]), 2);
  }
  return std::sqrt(off / all);
}

}  // namespace cellard::tests
