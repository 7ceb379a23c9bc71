// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "gpu/host/xtc_loops.hpp"

#include "gpu/host/xtc_tables.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace cellard::gpu::host {
namespace {

void scale(const float* means, const float* inverses, std::size_t channels, float* values) {
  for (std::size_t c = 0; c < channels; ++c) {
    values[c] = (values[c] - means[c]) * inverses[c];
  }
}

void forward(const float* values, std::size_t stride, std::size_t tokens, const float* wide,
             std::size_t channels, std::size_t kept, float* out) {
  for (std::size_t token = 0; token < tokens; ++token, values += stride, out += kept) {
    std::fill_n(out, kept, 0.0F);
    for (std::size_t c = 0; c < channels; ++c) {
      for (std::size_t i = 0; i < kept; ++i) {
        out[i] = std::fma(values[c], wide[c * kept + i], out[i]);
      }
    }
  }
}

bool round(const float* in, std::size_t count, float step, const float* offsets,
           std::int16_t* out) {
  bool within = true;
  for (std::size_t i = 0; i < count; ++i) {
    const float size = std::abs(in[i]) * step + offsets[i];
    const bool fits = size < xtc_largest + 1;  // false for what is not a number
    within = within && fits;
    const int whole = fits ? static_cast<int>(size) : 0;
    out[i] = static_cast<std::int16_t>(std::signbit(in[i]) ? -whole : whole);
  }
  return within;
}

xtc_loops::coded symbols(const std::int16_t* steps, std::size_t count, xtc_loops::coding by,
                         std::uint8_t* out) {
  xtc_loops::coded all{false, 0};
  for (std::size_t i = 0; i < count; ++i) {
    const int high = (4 * steps[i] * by.factors[i]) >> 16;
    const bool within = std::abs(high) <= by.reaches[i];
    out[i] = static_cast<std::uint8_t>(within ? high + by.reaches[i] + 1 : 0);
    all.beyond = all.beyond || !within;
    all.sum += static_cast<std::uint32_t>(std::abs(steps[i]));
  }
  return all;
}

void numbers(const std::uint8_t* from, std::size_t count, const std::int32_t* table,
             const std::int32_t* starts, const std::int32_t* weights, std::int16_t* out) {
  for (std::size_t i = 0; i < count; ++i) {
    out[i] = static_cast<std::int16_t>(table[starts[i] + from[i]] * weights[i]);
  }
}

void inverse(const std::int16_t* numbers, std::size_t stride, std::size_t tokens,
             const std::int16_t* basis, std::size_t channels, std::size_t pairs,
             const float* factors, const float* means, float* out, std::size_t out_stride) {
  for (std::size_t token = 0; token < tokens; ++token, numbers += stride, out += out_stride) {
    for (std::size_t c = 0; c < channels; ++c) {
      std::uint32_t sum = 0;
      for (std::size_t pair = 0; pair < pairs; ++pair) {
        const std::int16_t* const of = basis + 2 * (pair * channels + c);
        sum += static_cast<std::uint32_t>(numbers[2 * pair] * of[0]);
        sum += static_cast<std::uint32_t>(numbers[2 * pair + 1] * of[1]);
      }
      out[c] = std::fma(static_cast<float>(static_cast<std::int32_t>(sum)), factors[c], means[c]);
    }
  }
}

}  // namespace

const xtc_loops xtc_scalar{scale, forward, round, symbols, numbers, inverse};

#ifndef CELLARD_HIGHWAY
const xtc_loops* highway_xtc_loops(level) noexcept {
  return nullptr;
}
#endif

const xtc_loops& xtc_loops_of(level loops) noexcept {
  const xtc_loops* fast = highway_xtc_loops(loops);
  return fast == nullptr ? xtc_scalar : *fast;
}

}  // namespace cellard::gpu::host
