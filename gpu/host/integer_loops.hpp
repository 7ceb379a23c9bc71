// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The loops of the integer codecs (gpu/host/integer_steps.hpp) over rows of numbers: ranges, steps,
// codes, packed codes, and back. One immutable table of functions a level; every thread may call
// them. Numbers in memory are of any element type and alignment; outputs overlap no input.
#pragma once

#include "core/layout.hpp"
#include "gpu/host/integer_steps.hpp"
#include "gpu/host/level.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace cellard::gpu::host {

/// Steps of `count` groups, as arrays. They belong to the caller.
struct step_arrays {
  float* scale;
  float* least;
  float* inverse;
};

struct integer_loops {
  template <class Function>
  using by_type = std::array<Function, 5>;  // core::dtype; opaque has none

  /// Least and largest value of each channel of [tokens][channels].
  by_type<void (*)(const std::byte* from, std::size_t tokens, std::size_t channels, float* least,
                   float* most)>
    channel_ranges;
  /// Of each row of [rows][dim].
  by_type<void (*)(const std::byte* from, std::size_t rows, std::size_t dim, float* least,
                   float* most)>
    row_ranges;

  /// step_of for each group; whether the storage holds them all. `least` may be that of `to`.
  bool (*symmetric_steps)(const float* least, const float* most, std::size_t count, float top,
                          step_storage storage, step_arrays to);
  bool (*asymmetric_steps)(const float* least, const float* most, std::size_t count, float top,
                           step_storage storage, step_arrays to);

  /// Codes of one row whose value i has step i.
  by_type<void (*)(const std::byte* from, std::size_t channels, step_arrays steps, float lowest,
                   float highest, std::int8_t* codes)>
    encode_channels;
  /// Codes of [rows][dim] whose row i has step i.
  by_type<void (*)(const std::byte* from, std::size_t rows, std::size_t dim, step_arrays steps,
                   float lowest, float highest, std::int8_t* codes)>
    encode_rows;
  by_type<void (*)(const std::int8_t* codes, std::size_t channels, step_arrays steps,
                   std::byte* to)>
    decode_channels;
  by_type<void (*)(const std::int8_t* codes, std::size_t rows, std::size_t dim, step_arrays steps,
                   std::byte* to)>
    decode_rows;

  /// Codes of 0 to 2^bits - 1 into packed_bytes(bits, count) bytes and back; by bits, 2 to 6.
  std::array<void (*)(const std::int8_t* codes, std::size_t count, std::byte* to), 7> pack;
  std::array<void (*)(const std::byte* from, std::size_t count, std::int8_t* codes), 7> unpack;
};

/// Codes of 2 to 6 bits are cut into fields of 4, 2 and 1 bits, low bits first; each width is a
/// plane of its own. A plane of `width` bits is ceil(count * width / 8) bytes; byte j holds values
/// j, j + bytes, j + 2 * bytes, ..., the first in its lowest bits.
inline constexpr std::array<std::array<std::uint8_t, 2>, 7> plane_widths{
  {{0, 0}, {0, 0}, {2, 0}, {2, 1}, {4, 0}, {4, 1}, {4, 2}}};

constexpr std::size_t plane_bytes(std::size_t width, std::size_t count) noexcept {
  return (count * width + 7) / 8;
}

/// Bytes of `count` codes of 2 to 6 bits; of 8 bits, `count`.
constexpr std::size_t packed_bytes(std::size_t bits, std::size_t count) noexcept {
  if (bits == 8) {
    return count;
  }
  const auto& widths = plane_widths.at(bits);
  return plane_bytes(widths[0], count) + plane_bytes(widths[1], count);
}

/// @pre `loops` is one of supported_levels()
[[nodiscard]] const integer_loops& integer_loops_of(level loops) noexcept;

/// Those that Highway makes; null for levels that it does not make.
[[nodiscard]] const integer_loops* highway_integer_loops(level loops) noexcept;

}  // namespace cellard::gpu::host
