// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "gpu/host/integer_loops.hpp"

#include "gpu/host/number_types.hpp"
#include "gpu/host/packed_codes.hpp"

#include <limits>

namespace cellard::gpu::host {
namespace {

template <core::dtype Type>
constexpr std::size_t width = sizeof(typename number<Type>::bits);

void widen_range(float value, float& least, float& most) {
  least = std::min(least, value);
  most = std::max(most, value);
}

template <core::dtype Type>
void channel_ranges(const std::byte* from, std::size_t tokens, std::size_t channels, float* least,
                    float* most) {
  std::fill_n(least, channels, std::numeric_limits<float>::infinity());
  std::fill_n(most, channels, -std::numeric_limits<float>::infinity());
  for (std::size_t token = 0; token < tokens; ++token, from += channels * width<Type>) {
    for (std::size_t i = 0; i < channels; ++i) {
      widen_range(widen_at<Type>(from, i), least[i], most[i]);
    }
  }
}

template <core::dtype Type>
void row_ranges(const std::byte* from, std::size_t rows, std::size_t dim, float* least,
                float* most) {
  for (std::size_t row = 0; row < rows; ++row, from += dim * width<Type>) {
    least[row] = most[row] = widen_at<Type>(from, 0);
    for (std::size_t i = 1; i < dim; ++i) {
      widen_range(widen_at<Type>(from, i), least[row], most[row]);
    }
  }
}

template <bool Symmetric>
bool steps(const float* least, const float* most, std::size_t count, float top,
           step_storage storage, step_arrays to) {
  bool held = true;
  for (std::size_t i = 0; i < count; ++i) {
    const integer_step step = step_of(least[i], most[i], Symmetric, top, storage);
    to.scale[i] = step.scale;
    to.least[i] = step.least;
    to.inverse[i] = step.inverse;
    held = held && step.held;
  }
  return held;
}

template <core::dtype Type>
void encode_channels(const std::byte* from, std::size_t channels, step_arrays steps, float lowest,
                     float highest, std::int8_t* codes) {
  for (std::size_t i = 0; i < channels; ++i) {
    codes[i] = code_of(widen_at<Type>(from, i), steps.least[i], steps.inverse[i], lowest, highest);
  }
}

template <core::dtype Type>
void encode_rows(const std::byte* from, std::size_t rows, std::size_t dim, step_arrays steps,
                 float lowest, float highest, std::int8_t* codes) {
  for (std::size_t row = 0; row < rows; ++row, from += dim * width<Type>) {
    for (std::size_t i = 0; i < dim; ++i) {
      *codes++ =
        code_of(widen_at<Type>(from, i), steps.least[row], steps.inverse[row], lowest, highest);
    }
  }
}

template <core::dtype Type>
void decode_channels(const std::int8_t* codes, std::size_t channels, step_arrays steps,
                     std::byte* to) {
  for (std::size_t i = 0; i < channels; ++i) {
    narrow_at<Type>(value_of(codes[i], steps.scale[i], steps.least[i]), to, i);
  }
}

template <core::dtype Type>
void decode_rows(const std::int8_t* codes, std::size_t rows, std::size_t dim, step_arrays steps,
                 std::byte* to) {
  for (std::size_t row = 0; row < rows; ++row, to += dim * width<Type>) {
    for (std::size_t i = 0; i < dim; ++i) {
      narrow_at<Type>(value_of(*codes++, steps.scale[row], steps.least[row]), to, i);
    }
  }
}

template <std::size_t Bits>
void pack(const std::int8_t* codes, std::size_t count, std::byte* to) {
  for_each_plane<Bits>(count, [&](auto plane, std::size_t offset) {
    for (std::size_t j = 0; j < plane.bytes(count); ++j) {
      to[offset + j] = plane.gathered(codes, count, j);
    }
  });
}

template <std::size_t Bits>
void unpack(const std::byte* from, std::size_t count, std::int8_t* codes) {
  for_each_plane<Bits>(count, [&](auto plane, std::size_t offset) {
    for (std::size_t j = 0; j < plane.bytes(count); ++j) {
      plane.scatter(from[offset + j], codes, count, j);
    }
  });
}

using enum core::dtype;

constexpr integer_loops scalar{
  {nullptr, channel_ranges<f32>, channel_ranges<f16>, channel_ranges<bf16>, channel_ranges<f8e4m3>},
  {nullptr, row_ranges<f32>, row_ranges<f16>, row_ranges<bf16>, row_ranges<f8e4m3>},
  steps<true>,
  steps<false>,
  {nullptr, encode_channels<f32>, encode_channels<f16>, encode_channels<bf16>,
   encode_channels<f8e4m3>},
  {nullptr, encode_rows<f32>, encode_rows<f16>, encode_rows<bf16>, encode_rows<f8e4m3>},
  {nullptr, decode_channels<f32>, decode_channels<f16>, decode_channels<bf16>,
   decode_channels<f8e4m3>},
  {nullptr, decode_rows<f32>, decode_rows<f16>, decode_rows<bf16>, decode_rows<f8e4m3>},
  {nullptr, nullptr, pack<2>, pack<3>, pack<4>, pack<5>, pack<6>},
  {nullptr, nullptr, unpack<2>, unpack<3>, unpack<4>, unpack<5>, unpack<6>}};

}  // namespace

#ifndef CELLARD_HIGHWAY
const integer_loops* highway_integer_loops(level) noexcept {
  return nullptr;
}
#endif

const integer_loops& integer_loops_of(level loops) noexcept {
  const integer_loops* fast = highway_integer_loops(loops);
  return fast == nullptr ? scalar : *fast;
}

}  // namespace cellard::gpu::host
