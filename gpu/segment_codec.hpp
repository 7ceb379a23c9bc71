// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// One way of keeping a segment in fewer bytes. Objects are immutable and shared by all threads;
// working memory comes from the caller. Encoded bytes are little endian and mean the same on every
// backend: decoders agree to the bit, encoders too unless a float GEMM is part of them.
#pragma once

#include "core/result.hpp"
#include "gpu/scratch.hpp"
#include "gpu/segment.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace cellard::gpu {

/// Numbers in the table of a container; never given to another format. 0 is raw.
enum class format : std::uint16_t {
  raw = 0,
  lossless = 1,  ///< exponents as nibbles, or by rANS
  int8 = 2,      ///< symmetric, 8 bits
  int_n = 3,     ///< asymmetric, 2 to 6 bits
  svd = 4,       ///< two factors, int8
  lowrank = 5,   ///< two factors and a quantised rest
  sparse = 6,    ///< the largest, by a bitmap
  xtc = 7,       ///< calibrated transform
};

class segment_codec {
public:
  virtual ~segment_codec() = default;

  [[nodiscard]] virtual std::string_view name() const noexcept = 0;
  [[nodiscard]] virtual format number() const noexcept = 0;
  [[nodiscard]] virtual bool lossy() const noexcept = 0;

  /// Whether encode needs `segment::learned`.
  [[nodiscard]] virtual bool needs_profile() const noexcept { return false; }

  /// Most bytes that encode writes for this shape.
  [[nodiscard]] virtual std::size_t bound(const segment& shape) const noexcept = 0;

  /// Bytes written to `out`. errc::invalid_argument when this codec cannot take these values (not
  /// finite, a shape or type that it does not know, no profile): the sentence says why, and the
  /// caller takes a gentler codec. @pre raw.size() == shape.raw_bytes(), out.size() >= bound(shape)
  virtual core::result<std::size_t> encode(const segment& shape, std::span<const std::byte> raw,
                                           std::span<std::byte> out, scratch& work) const = 0;

  /// Writes tokens `wanted` of the segment to `out`. errc::corrupt when `encoded` is not what
  /// encode writes for this shape. Reads nothing outside `encoded` and writes nothing outside `out`
  /// whatever the bytes are, also when another process changes them meanwhile (decisions D6): a
  /// length or an index is copied out once, checked, and the copy is used.
  /// @pre wanted lies in the segment; out.size() == its bytes
  virtual core::result<core::ok_t> decode(const segment& shape, std::span<const std::byte> encoded,
                                          token_range wanted, std::span<std::byte> out,
                                          scratch& work) const = 0;
};

}  // namespace cellard::gpu
