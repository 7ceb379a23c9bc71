// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Scatter and gather lists: where the bytes of blocks lie in a caller's arrays.
#pragma once

#include <cstddef>
#include <vector>

#include "array.hpp"
#include "cellard/client.h"

namespace cellard::python {

/// The pieces of `count` blocks, block after block: K's layers, then V's.
struct pieces {
  std::vector<cellard_buffer> buffers;
  std::size_t per_block = 0;

  /// The same list for the functions that only read.
  [[nodiscard]] std::vector<cellard_const_buffer> constant() const;
};

/// Pieces of arrays [layers, >= count * tokens, heads, dim], whose last three axes are contiguous
/// and whose first may have any stride. `v` may be null.
/// @throws ValueError when an array is smaller than that (arrays.py has said so before, and
/// better).
pieces chain_pieces(const array& k, const array* v, std::size_t count, std::size_t tokens);

/// One whole buffer a block.
pieces whole_pieces(const std::vector<const array*>& blocks);

}  // namespace cellard::python
