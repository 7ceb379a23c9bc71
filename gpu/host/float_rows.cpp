// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "gpu/host/float_rows.hpp"

#include "gpu/host/integer_steps.hpp"
#include "gpu/host/segment_check.hpp"

#include <algorithm>
#include <cmath>

namespace cellard::gpu::host {
namespace {

void clamp(std::span<float> row, float most) {
  for (float& value : row) {
    value = std::clamp(value, -most, most);
  }
}

}  // namespace

float_rows::float_rows(level loops)
  : numbers_(number_loops_of(loops)),
    rope_(rope_loops_of(loops)) {
}

bool float_rows::rotates(const segment& shape) noexcept {
  return shape.what == side::keys && shape.rope != nullptr;
}

core::result<core::ok_t> float_rows::read(const segment& shape, std::span<const std::byte> raw,
                                          std::string_view codec, std::span<float> rows) const {
  numbers_.widen(shape.type, raw.data(), rows.size(), rows.data());
  // The comparison is false for a NaN.
  if (!std::all_of(rows.begin(), rows.end(),
                   [](float value) { return std::abs(value) <= largest_value; })) {
    return core::fail(core::errc::invalid_argument,
                      "{} of layer {} have values that are not finite or above 2^120, which {} "
                      "cannot hold: lossless can",
                      name_of(shape.what), shape.layer, codec);
  }
  if (rotates(shape)) {
    rope_.undo(*shape.rope, {0, shape.tokens}, shape.heads, shape.dim, rows.data());
  }
  return core::ok_t{};
}

void float_rows::write(const segment& shape, std::uint32_t token, std::span<float> row,
                       std::byte* to) const {
  clamp(row, 2 * largest_value);
  if (rotates(shape)) {
    rope_.rotate(*shape.rope, {token, 1}, shape.heads, shape.dim, row.data());
  }
  if (shape.type == core::dtype::f16) {
    clamp(row, f16_largest);  // the others have room, or saturate
  }
  numbers_.narrow(shape.type, row.data(), row.size(), to);
}

}  // namespace cellard::gpu::host
