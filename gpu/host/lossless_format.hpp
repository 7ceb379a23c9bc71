// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// What the encoder and the decoder of lossless.hpp share: numbers of the format, the chunks of a
// segment, and who uses which buffer of the scratch memory.
#pragma once

#include "gpu/host/lossless_loops.hpp"
#include "gpu/segment.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace cellard::gpu::host::lossless_format {

enum kind : std::uint8_t { kind_raw = 0, kind_nibbles = 1, kind_rans = 2 };

inline constexpr std::size_t chunk_values = 65536;
inline constexpr std::size_t run_values = 4096;  // what stays in the first cache between two loops
inline constexpr std::size_t escape_bytes = 3;
inline constexpr std::size_t table_codes = 15;
inline constexpr unsigned rans_bits = 12;

inline constexpr std::size_t symbol_slot = 0;
inline constexpr std::size_t rest_slot = 1;
inline constexpr std::size_t stream_slot = 2;
inline constexpr std::size_t rows_slot = 3;

static_assert(run_values % nibble_group == 0 && run_values / nibble_group <= 64
              && chunk_values % run_values == 0);

/// A segment cut into chunks.
struct shape_of {
  std::size_t type;  ///< index of the loops
  std::size_t value_bytes;
  std::size_t rest_bytes;
  std::size_t count;
  std::size_t chunks;

  explicit shape_of(const segment& shape)
    : type(static_cast<std::size_t>(shape.type)),
      value_bytes(core::element_bytes(shape.type)),
      rest_bytes(value_bytes - 1),
      count(shape.count()),
      chunks((count + chunk_values - 1) / chunk_values) {}

  [[nodiscard]] std::size_t values_in(std::size_t chunk) const noexcept {
    return std::min(chunk_values, count - chunk * chunk_values);
  }
};

constexpr std::size_t nibble_bytes(std::size_t values) noexcept {
  return (values + nibble_group - 1) / nibble_group * (nibble_group / 2);
}

}  // namespace cellard::gpu::host::lossless_format
