// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "gpu/host/segment_check.hpp"

#include "gpu/rope_table.hpp"

namespace cellard::gpu::host {

std::string_view name_of(side what) noexcept {
  return what == side::keys ? "keys" : "values";
}

core::result<core::ok_t> check_segment(const segment& shape, std::string_view codec, bool rotates) {
  if (core::element_bytes(shape.type) == 0) {
    return core::fail(core::errc::invalid_argument,
                      "{} keeps numbers; the layout is {}: store such blocks raw", codec,
                      core::to_string(shape.type));
  }
  if (shape.count() == 0) {
    return core::fail(core::errc::invalid_argument,
                      "{} was asked for a segment of {} tokens, {} heads, {} values: there is "
                      "nothing to keep",
                      codec, shape.tokens, shape.heads, shape.dim);
  }
  if (rotates && (shape.rope->tokens() < shape.tokens || 2 * shape.rope->pairs() > shape.dim)) {
    return core::fail(core::errc::invalid_argument,
                      "the rotation of {} tokens and {} channels does not fit a segment of {} "
                      "tokens and {} channels a head",
                      shape.rope->tokens(), 2 * shape.rope->pairs(), shape.tokens, shape.dim);
  }
  return core::ok_t{};
}

}  // namespace cellard::gpu::host
