// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Cosines and sines of a run of positions, as rotary embedding uses them. Computed once a block, in
// double, and shared by all its key segments and by a device. Immutable; every thread may read it.
//
// Rotated pair (a, b) of frequency i: channels (i, i + rotary_dim/2) when pairing is half, channels
// (2i, 2i + 1) when it is interleaved; channels from rotary_dim on are not rotated.
//   stored (a', b') = (a cos - b sin, a sin + b cos)         undone: (a' cos + b' sin, b' cos - a'
//   sin)
#pragma once

#include "core/layout.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace cellard::gpu {

class rope_table {
public:
  /// Of positions `first` to `first + tokens`. @pre how.rotary_dim > 0 and even
  rope_table(const core::rope_descriptor& how, std::uint64_t first, std::uint32_t tokens);

  [[nodiscard]] std::uint32_t tokens() const noexcept { return tokens_; }
  [[nodiscard]] std::uint32_t pairs() const noexcept { return pairs_; }
  [[nodiscard]] core::rope_descriptor::pairing_kind pairing() const noexcept { return pairing_; }

  /// [pairs] of token `token` of the run.
  [[nodiscard]] std::span<const float> cosines(std::uint32_t token) const noexcept {
    return {cosines_.data() + std::size_t{token} * pairs_, pairs_};
  }
  [[nodiscard]] std::span<const float> sines(std::uint32_t token) const noexcept {
    return {sines_.data() + std::size_t{token} * pairs_, pairs_};
  }

  /// The same without the first `tokens`, for a segment whose first tokens stay raw.
  [[nodiscard]] rope_table without_first(std::uint32_t tokens) const;

private:
  std::uint32_t tokens_;
  std::uint32_t pairs_;
  core::rope_descriptor::pairing_kind pairing_;
  std::vector<float> cosines_;  // [tokens][pairs]
  std::vector<float> sines_;
};

}  // namespace cellard::gpu
