// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The loops of the calibrated codec. `basis` is that of one group as the profile has it, in pairs
// of components; `wide` is the same as float, [channels][kept]. Every level gives the same bits: a
// component is one chain of fused multiply-adds in the order of its channels, a channel an exact
// sum (modulo 2^32, which only damaged bytes reach) and one fused multiply-add. One immutable table
// of functions a level; every thread may call them.
#pragma once

#include "gpu/host/level.hpp"

#include <cstddef>
#include <cstdint>

namespace cellard::gpu::host {

struct xtc_loops {
  /// values = (values - means) * inverses, rounded twice.
  using scale_loop = void (*)(const float* means, const float* inverses, std::size_t channels,
                              float* values);

  /// out[t][i] = sum over c of values[t][c] * wide[c][i]. A token's values are `stride` apart.
  using forward_loop = void (*)(const float* values, std::size_t stride, std::size_t tokens,
                                const float* wide, std::size_t channels, std::size_t kept,
                                float* out);

  /// out = sign(in) * floor(|in| * step + offset); false when one is larger than xtc_largest, or
  /// not a number.
  using round_loop = bool (*)(const float* in, std::size_t count, float step, const float* offsets,
                              std::int16_t* out);

  /// out[t][c] = fma(sum over i of numbers[t][i] * basis(i, c), factors[c], means[c]). A token's
  /// numbers are `stride` apart, its values `out_stride`.
  using inverse_loop = void (*)(const std::int16_t* numbers, std::size_t stride, std::size_t tokens,
                                const std::int16_t* basis, std::size_t channels, std::size_t pairs,
                                const float* factors, const float* means, float* out,
                                std::size_t out_stride);

  /// What a step's symbol depends on, by component: 2^(14 - shift), and the reach of its table.
  struct coding {
    const std::int16_t* factors;
    const std::int16_t* reaches;
  };
  struct coded {
    bool beyond;        ///< one has symbol 0, which says that it is listed
    std::uint32_t sum;  ///< of |steps|; too much where that is more than 65535
  };
  /// Symbols of the steps of some components of one token. @pre |steps| <= xtc_largest
  using symbols_loop = coded (*)(const std::int16_t* steps, std::size_t count, coding by,
                                 std::uint8_t* symbols);

  /// out = table[starts + symbols] * weights, of some components of one token.
  using numbers_loop = void (*)(const std::uint8_t* symbols, std::size_t count,
                                const std::int32_t* table, const std::int32_t* starts,
                                const std::int32_t* weights, std::int16_t* out);

  scale_loop scale;
  forward_loop forward;
  round_loop round;
  symbols_loop symbols;
  numbers_loop numbers;
  inverse_loop inverse;
};

/// @pre `loops` is one of supported_levels()
[[nodiscard]] const xtc_loops& xtc_loops_of(level loops) noexcept;

/// Those that Highway makes; null for levels that it does not make.
[[nodiscard]] const xtc_loops* highway_xtc_loops(level loops) noexcept;

extern const xtc_loops xtc_scalar;

}  // namespace cellard::gpu::host
