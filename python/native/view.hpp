// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Arrays over memory of the C library, without a copy. They own a reference to what keeps the
// memory mapped.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <nanobind/nanobind.h>

namespace cellard::python {

/// A part of a block: `offset` bytes into it, C-contiguous.
struct part {
  std::uint64_t offset;
  std::vector<std::size_t> shape;
  std::string dtype;  ///< "float16", "bfloat16", ... (array.hpp)
};

/// Which object: a numpy.ndarray (bfloat16 as uint16, float8 as uint8), or one that carries the
/// type by DLPack.
enum class flavour { numpy, dlpack };

/// What the part takes.
std::size_t bytes_of(const part& wanted);

/// @throws ValueError when the part is not inside the block's `length` bytes.
nanobind::object view_of(const void* block, std::size_t length, const part& wanted, flavour kind,
                         bool writable, std::shared_ptr<void> owner);

}  // namespace cellard::python
