// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// A profile for made-up numbers: channels of mean 0 and deviation 1, and as basis a reflection,
// which mixes all channels of a group and is the same to the bit on every machine.
#pragma once

#include "gpu/profile_draft.hpp"

#include <boost/assert.hpp>

#include <algorithm>
#include <cmath>

namespace cellard::tests {

/// I - 2 v v' / v'v with v = (1, 2, 3, 1, 2, 3, ...), in 2^-12.
inline void fill_reflection(std::span<std::int16_t> basis, std::size_t size) {
  const auto v = [](std::size_t i) {
    return static_cast<double>(1 + i % 3);
  };
  double length = 0;
  for (std::size_t i = 0; i < size; ++i) {
    length += v(i) * v(i);
  }
  for (std::size_t i = 0; i < size; ++i) {
    for (std::size_t c = 0; c < size; ++c) {
      const double exact = (i == c ? 1.0 : 0.0) - 2 * v(i) * v(c) / length;
      basis[gpu::basis_index(size, i, c)] = static_cast<std::int16_t>(std::nearbyint(exact * 4096));
    }
  }
}

inline gpu::profile_draft reflecting_draft(const gpu::profile_shape& shape) {
  gpu::profile_draft draft(shape, 1000);
  for (std::uint32_t layer = 0; layer < shape.layers; ++layer) {
    for (std::uint32_t i = 0; i < shape.sides(); ++i) {
      const auto which = static_cast<gpu::side>(i);
      const auto part = draft.at(layer, which);
      const std::size_t size = shape.size(which);
      std::fill(part.scales.begin(), part.scales.end(), 1.0F);
      for (std::size_t group = 0; group < shape.groups(); ++group) {
        fill_reflection(
          part.basis.subspan(group * shape.basis_size(which), shape.basis_size(which)), size);
      }
    }
  }
  return draft;
}

/// @pre shape.check() succeeded
inline std::shared_ptr<const gpu::profile> reflecting_profile(const gpu::profile_shape& shape) {
  const auto made = reflecting_draft(shape).finish();
  BOOST_ASSERT(made.has_value());
  return *made;
}

}  // namespace cellard::tests
