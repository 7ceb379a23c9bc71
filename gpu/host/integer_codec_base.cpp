// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "gpu/host/integer_codec_base.hpp"

#include "gpu/host/segment_check.hpp"

namespace cellard::gpu::host {

bool integer_codec_base::rotates(const segment& shape) const noexcept {
  return !symmetric() && shape.what == side::keys && shape.rope != nullptr;
}

core::result<core::ok_t> integer_codec_base::check(const segment& shape) const {
  return check_segment(shape, name_, rotates(shape));
}

std::size_t integer_codec_base::bound(const segment& shape) const noexcept {
  const integer_head widest{static_cast<std::uint8_t>(bits_), step_storage::f32, false};
  return integer_tiles(shape, widest).bytes();
}

core::result<integer_head> integer_codec_base::read_head(const segment& shape,
                                                         std::span<const std::byte> encoded) const {
  const auto head = integer_head::read(encoded);
  const bool readable = head && (symmetric() ? head->bits == 8 : head->bits >= 2 && head->bits <= 6)
                        && head->rotated_back == rotates(shape);
  if (!readable || encoded.size() != integer_tiles(shape, *head).bytes()) {
    return core::fail(core::errc::corrupt,
                      "{} of layer {}: {} bytes are not a segment of {} for {} tokens",
                      name_of(shape.what), shape.layer, encoded.size(), name_, shape.tokens);
  }
  return *head;
}

core::error integer_codec_base::not_finite(const segment& shape) const {
  return {core::errc::invalid_argument,
          fmt::format("{} of layer {} have values that are not finite, which {} cannot hold: "
                      "lossless can",
                      name_of(shape.what), shape.layer, name_)};
}

core::error integer_codec_base::not_held(const segment& shape) const {
  return {core::errc::invalid_argument,
          fmt::format("{} of layer {} have values above 2^120, or at the end of float16's range, "
                      "which {} cannot hold: lossless can",
                      name_of(shape.what), shape.layer, name_)};
}

core::error integer_codec_base::bad_step(const segment& shape) const {
  return {core::errc::corrupt,
          fmt::format("{} of layer {}: a tile has a step that {} does not write",
                      name_of(shape.what), shape.layer, name_)};
}

}  // namespace cellard::gpu::host
