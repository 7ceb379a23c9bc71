// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// How far decoded values are from what they were. One pass, no memory of its own.
#pragma once

#include "core/layout.hpp"

#include <cstddef>
#include <span>

namespace cellard::gpu {

struct fidelity {
  float relative = 0;  ///< Frobenius norm of the difference over that of the original
  float largest = 0;   ///< largest difference over the largest value
};

/// At most how far values are from the original that are `then` from others, which were `first`
/// from it: the triangle inequality, and others are larger than the original by `first` at most.
[[nodiscard]] constexpr fidelity both(const fidelity& first, const fidelity& then) noexcept {
  if (then.relative == 0 && then.largest == 0) {
    return first;  // also where that is infinite
  }
  return {first.relative + then.relative * (1 + first.relative),
          first.largest + then.largest * (1 + first.largest)};
}

/// Both zero when the bytes are equal. Infinite when an original of zeros came back as something
/// else, or a value that is not finite is involved. @pre equal sizes, whole elements
[[nodiscard]] fidelity measure(core::dtype type, std::span<const std::byte> original,
                               std::span<const std::byte> decoded);

}  // namespace cellard::gpu
