// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// What encoder and decoder have in common.
#include "gpu/host/xtc_codec.hpp"

#include "gpu/rope_table.hpp"

namespace cellard::gpu::host {

xtc_codec::xtc_codec(unsigned number, level loops)
  : level_(xtc_most_level + 1 - number),
    name_("xtc-" + std::to_string(number)),
    loops_(loops),
    numbers_(number_loops_of(loops)),
    rope_(rope_loops_of(loops)),
    xtc_(xtc_loops_of(loops)) {
}

core::result<core::ok_t> xtc_codec::check(const segment& shape) const {
  if (shape.learned == nullptr) {
    return core::fail(core::errc::invalid_argument,
                      "{} needs a profile of the model: calibrate one, or take int8", name_);
  }
  if (!shape.learned->fits(shape)) {
    return core::fail(
      core::errc::invalid_argument,
      "the profile is not of {} layer {}, {} heads of {} {}: give {} the model's own",
      shape.what == side::keys ? "keys of" : "values of", shape.layer, shape.heads, shape.dim,
      core::to_string(shape.type), name_);
  }
  if (shape.tokens == 0) {
    return core::fail(core::errc::invalid_argument,
                      "{} was asked for a segment without tokens: there is nothing to keep", name_);
  }
  if (shape.what == side::keys && shape.rope != nullptr
      && (shape.rope->tokens() < shape.tokens || 2 * shape.rope->pairs() > shape.dim)) {
    return core::fail(core::errc::invalid_argument,
                      "the rotation of {} tokens and {} channels does not fit a segment of {} "
                      "tokens and {} channels a head",
                      shape.rope->tokens(), 2 * shape.rope->pairs(), shape.tokens, shape.dim);
  }
  return core::ok_t{};
}

std::size_t xtc_codec::bound(const segment& shape) const noexcept {
  const std::size_t streams = xtc_streams(shape).count();
  const std::size_t most_listed = streams + shape.count() / xtc_listed_share;
  return xtc_head::bytes + streams * (xtc_stream_bytes + rans_state_bytes + 1)
         + sizeof(std::uint16_t) * (shape.count() + most_listed)
         + shape.count() * xtc_most_shift / 8;
}

}  // namespace cellard::gpu::host
