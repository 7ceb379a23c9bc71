// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// What one block of a namespace looks like, and how keys were rotated. Two layouts never mix in one
// namespace: the first open fixes it, a later one that differs is refused with the name of the
// field (`difference`).
//
// A raw block is K as [layers][block_tokens][kv_heads][head_dim], then V as
// [layers][block_tokens][kv_heads][v_head_dim], row-major, little endian, without padding. With
// several parts (tensor- or pipeline-parallel ranks) the shape is that of one part and all parts
// are alike; a model that cannot be cut evenly uses an opaque layout.
#pragma once

#include "core/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cellard::core {

/// Element types. `opaque` blocks are bytes of any length up to max_bytes, without a shape.
enum class dtype : std::uint8_t { opaque = 0, f32 = 1, f16 = 2, bf16 = 3, f8e4m3 = 4 };

/// "float32", "float16", "bfloat16", "float8_e4m3", "opaque"; "unknown" for another number.
std::string_view to_string(dtype type) noexcept;

/// Bytes of one element; 0 for opaque and unknown types.
std::uint64_t element_bytes(dtype type) noexcept;

/// How positions were rotated into K (rotary position embedding), for codecs that undo it.
struct rope_descriptor {
  enum class pairing_kind : std::uint8_t { half = 0, interleaved = 1 };

  std::uint32_t rotary_dim =
    0;  ///< channels that are rotated; 0 = none are, or the client does not say
  pairing_kind pairing = pairing_kind::half;
  std::uint32_t first_position = 0;        ///< position of the first token of a chain
  double theta = 0;                        ///< base; 0 when inverse_frequencies are given
  double scaling = 1;                      ///< linear position scaling factor
  std::vector<float> inverse_frequencies;  ///< rotary_dim / 2 of them, or empty

  friend bool operator==(const rope_descriptor&, const rope_descriptor&) = default;
};

struct layout {
  dtype type = dtype::opaque;
  std::uint32_t layers = 0;
  std::uint32_t kv_heads = 0;
  std::uint32_t head_dim = 0;
  std::uint32_t v_head_dim = 0;  ///< 0 = the layout has no V (latent attention)
  std::uint32_t block_tokens = 0;
  std::uint64_t max_bytes = 0;  ///< opaque layouts only: the largest block
  std::uint16_t parts = 1;      ///< ranks that together hold one block
  std::string model;            ///< a name for people, part of the identity
  std::string weights;          ///< fingerprint of the weights, e.g. "sha256:..."
  rope_descriptor rope;

  /// Bytes of one raw block of one part; max_bytes for opaque layouts.
  /// @pre `check()` succeeded, so nothing overflows.
  [[nodiscard]] std::uint64_t block_bytes() const noexcept;

  /// errc::invalid_argument naming the axis when a dimension is zero, too large, or the block
  /// exceeds `limit_bytes`.
  [[nodiscard]] result<ok_t> check(std::uint64_t limit_bytes) const;

  /// The first field in which two layouts differ, with both values ("head_dim 64, not 128"); empty
  /// when equal.
  [[nodiscard]] std::string difference(const layout& wanted) const;
};

inline constexpr std::uint16_t max_parts = 64;
inline constexpr std::size_t max_model_bytes = 256;
inline constexpr std::size_t max_weights_bytes = 128;

}  // namespace cellard::core
