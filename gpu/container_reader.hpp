// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Reads an encoded block, any layer and any tokens of it. Header and table are copied at `open` and
// checked as a whole; afterwards nothing that another process does to the bytes can lead outside of
// them (decisions D6). Wrong values are then possible: `verify`, or the generation of the lease,
// decides whether the result counts.
// Thread safety: const calls from any number of threads, each with a scratch of its own.
#pragma once

#include "gpu/block.hpp"
#include "gpu/codec_set.hpp"
#include "gpu/container_format.hpp"
#include "gpu/rope_table.hpp"

#include <optional>
#include <span>
#include <vector>

namespace cellard::gpu {

/// What the container says about one segment.
struct segment_info {
  format number = format::raw;
  std::size_t bytes = 0;
  float relative_error = 0;  ///< Frobenius; 0 when exact or not verified
  float largest_error = 0;   ///< over the largest value
};

class container_reader {
public:
  /// The shape that the bytes claim, before anything of it is believed: errc::corrupt when they are
  /// no container, errc::unsupported_version for a later one.
  static core::result<container_header> peek(std::span<const std::byte> encoded);

  /// `what` is the shape that the caller expects, with rope and profile; `codecs` and `encoded`
  /// outlive the reader. errc::corrupt names what does not fit.
  static core::result<container_reader> open(const codec_set& codecs, const block& what,
                                             std::span<const std::byte> encoded);

  /// Tokens of one segment to `out`. @pre wanted lies in the block; out.size() == its bytes
  core::result<core::ok_t> decode(std::uint32_t layer, side which, token_range wanted,
                                  std::span<std::byte> out, scratch& work) const;

  /// The raw block. @pre out.size() == what.raw_bytes()
  core::result<core::ok_t> decode_all(std::span<std::byte> out, scratch& work) const;

  /// errc::corrupt when a whole decoded segment is not what it was. Does nothing for a container
  /// whose writer did not verify. @pre decoded is what decode gave for the whole segment
  [[nodiscard]] core::result<core::ok_t> verify(std::uint32_t layer, side which,
                                                std::span<const std::byte> decoded) const;

  [[nodiscard]] segment_info info(std::uint32_t layer, side which) const;
  [[nodiscard]] const container_header& header() const noexcept { return head_; }

private:
  struct place {
    container_entry entry;
    std::size_t offset;
  };

  container_reader(const codec_set& codecs, const block& what, std::span<const std::byte> encoded,
                   const container_header& head)
    : codecs_(&codecs),
      what_(what),
      encoded_(encoded),
      head_(head) {}

  core::result<core::ok_t> read_table();
  [[nodiscard]] const place& at(std::uint32_t layer, side which) const {
    return places_[std::size_t{layer} * what_.sides() + static_cast<std::size_t>(which)];
  }

  const codec_set* codecs_;
  block what_;
  std::span<const std::byte> encoded_;
  container_header head_;
  std::optional<rope_table> rope_;  // of the tokens between the raw ends
  std::vector<place> places_;
};

}  // namespace cellard::gpu
