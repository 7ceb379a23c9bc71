// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Two factors of a matrix [tokens][channels] in 8 bits, as "svd" and "lowrank" store them:
//   x[t][c] = float(sum over j of left[t][j] * right[j][c]) * (step of t * step of c)
// The sum is of integers and exact whatever the order. Steps are bf16, rounded up: float's range in
// two bytes, a product of two is exact, and what eight bits of precision waste is one code of 127.
// A step belongs to a token or a channel and not to a direction, for then the sum would be of
// floats.
//   head: u32 rank; u8 flags, 1 = keys were rotated back; three zeros
//   steps of the tokens, steps of the channels, left [tokens][rank], right [rank][channels]
#pragma once

#include "core/result.hpp"
#include "gpu/host/low_rank.hpp"
#include "gpu/segment.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace cellard::gpu::host {

/// Where the parts lie.
struct factor_layout {
  static constexpr std::size_t head_bytes = 8;
  static constexpr std::size_t step_bytes = 2;

  std::size_t tokens;
  std::size_t channels;
  std::size_t rank;

  [[nodiscard]] std::size_t channel_steps() const noexcept {
    return head_bytes + step_bytes * tokens;
  }
  [[nodiscard]] std::size_t left() const noexcept {
    return channel_steps() + step_bytes * channels;
  }
  [[nodiscard]] std::size_t right() const noexcept { return left() + rank * tokens; }
  [[nodiscard]] std::size_t bytes() const noexcept { return right() + rank * channels; }
};

/// Brings every channel of keys, or all values together, to a mean square of 1: a channel that is
/// larger than the others would else be all the energy there is. What each was divided by.
void normalise(const segment& shape, std::span<float> rows, std::span<float> sizes);

/// Writes bytes() of the layout. `sizes` is what channels were divided by.
void write_factors(const segment& shape, const low_rank& factors, std::span<const float> sizes,
                   std::span<std::byte> out);

/// Rows of factors that somebody else may be changing: what is checked is copied.
class factor_reader {
public:
  /// Empty when the bytes do not begin with factors of this shape. `sums` and `steps` have room for
  /// a row each, and are used until the reader goes.
  static std::optional<factor_reader> open(const segment& shape, std::span<const std::byte> encoded,
                                           std::span<std::int32_t> sums, std::span<float> steps);

  [[nodiscard]] const factor_layout& layout() const noexcept { return layout_; }

  /// False when the token's step is none that is written.
  [[nodiscard]] bool read(std::uint32_t token, std::span<float> row) const;

private:
  factor_reader(factor_layout layout, std::span<const std::byte> encoded,
                std::span<std::int32_t> sums, std::span<float> steps)
    : layout_(layout),
      encoded_(encoded),
      sums_(sums),
      steps_(steps) {}

  factor_layout layout_;
  std::span<const std::byte> encoded_;
  std::span<std::int32_t> sums_;
  std::span<float> steps_;
};

}  // namespace cellard::gpu::host
