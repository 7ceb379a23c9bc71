// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// What a codec works on: the keys or the values of one layer of a block, [tokens][heads][dim],
// row-major, without padding. A description only; the bytes travel beside it and belong to the
// caller.
#pragma once

#include "core/layout.hpp"

#include <cstddef>
#include <cstdint>

namespace cellard::gpu {

class profile;
class rope_table;

enum class side : std::uint8_t { keys = 0, values = 1 };

struct segment {
  core::dtype type = core::dtype::f16;
  side what = side::keys;
  std::uint32_t layer = 0;
  std::uint32_t tokens = 0;
  std::uint32_t heads = 0;
  std::uint32_t dim = 0;
  const rope_table* rope = nullptr;  ///< of these tokens; null = nothing to undo. Keys only
  const profile* learned = nullptr;  ///< of the model; null = none

  /// Values of one token, and of all.
  [[nodiscard]] std::size_t channels() const noexcept { return std::size_t{heads} * dim; }
  [[nodiscard]] std::size_t count() const noexcept { return channels() * tokens; }
  [[nodiscard]] std::size_t raw_bytes() const noexcept {
    return count() * core::element_bytes(type);
  }
};

/// Tokens `first` to `first + count` of a segment.
struct token_range {
  std::uint32_t first = 0;
  std::uint32_t count = 0;
};

}  // namespace cellard::gpu
