// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// A block, or a shorter tail of one, as the container sees it: K as
// [layers][tokens][heads][key_dim], then V as [layers][tokens][heads][value_dim]. A description; it
// owns nothing.
#pragma once

#include "gpu/segment.hpp"

#include <cstddef>
#include <cstdint>

namespace cellard::gpu {

struct block {
  core::dtype type = core::dtype::f16;
  std::uint32_t layers = 0;
  std::uint32_t tokens = 0;
  std::uint32_t heads = 0;
  std::uint32_t key_dim = 0;
  std::uint32_t value_dim = 0;                  ///< 0 = no V
  std::uint64_t first_position = 0;             ///< of token 0 in its sequence; rope's own is added
  const core::rope_descriptor* rope = nullptr;  ///< how K was rotated; null = not, or not known
  const profile* learned = nullptr;             ///< of the model; null = none

  /// `tokens` tokens of a namespace's layout. @pre shape is not opaque
  static block of(const core::layout& shape, std::uint32_t tokens, std::uint64_t first_position) {
    return {.type = shape.type,
            .layers = shape.layers,
            .tokens = tokens,
            .heads = shape.kv_heads,
            .key_dim = shape.head_dim,
            .value_dim = shape.v_head_dim,
            .first_position = first_position,
            .rope = shape.rope.rotary_dim > 0 ? &shape.rope : nullptr};
  }

  [[nodiscard]] std::uint32_t sides() const noexcept { return value_dim == 0 ? 1 : 2; }

  /// The whole of one segment; `rope` is left to the caller.
  [[nodiscard]] segment at(std::uint32_t layer, side what) const noexcept {
    return {.type = type,
            .what = what,
            .layer = layer,
            .tokens = tokens,
            .heads = heads,
            .dim = what == side::keys ? key_dim : value_dim,
            .learned = learned};
  }

  [[nodiscard]] std::size_t raw_bytes() const noexcept {
    return std::size_t{layers} * tokens * heads * (std::size_t{key_dim} + value_dim)
           * core::element_bytes(type);
  }

  /// Where a segment begins in the raw block.
  [[nodiscard]] std::size_t raw_offset(std::uint32_t layer, side what) const noexcept {
    const std::size_t keys = at(0, side::keys).raw_bytes();
    return what == side::keys ? layer * keys
                              : layers * keys + layer * at(0, side::values).raw_bytes();
  }
};

}  // namespace cellard::gpu
