// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The exact codec (format lossless): takes every value and every shape. A value's exponent is worth
// coding, the rest of its bits is noise and is kept as it is.
//   "lossless"       bf16, f32: exponents in 4 bits each, at the speed of memory; the few that are
//                    outside the table of 15 stand in a list. Other types, and segments with more
//                    than 2 % outside: as below
//   "lossless-rans"  exponents by rANS with one table a segment, 12 bits of precision. f16: the
//                    upper byte; f8e4m3: the whole one
//
//   segment  u8 kind | table | u32 end of each chunk, from the first chunk | chunks; or, when that
//   is
//            not smaller, kind 0 and the raw bytes
//   table    nibbles: u8[15], the exponent of each code; rans: share of each of 256 symbols, in
//            one byte below 128, else low 7 bits with the highest set, and a byte of the others
//   chunk    65536 values, the last fewer. rest of each value | nibbles: 64 bytes for each 128
//            values, then (u16 index, u8 exponent) of each escape; rans: one stream
// What a symbol and a rest are: lossless_loops.hpp.
#pragma once

#include "gpu/host/level.hpp"
#include "gpu/host/lossless_loops.hpp"
#include "gpu/segment_codec.hpp"

namespace cellard::gpu::host {

class lossless_codec final : public segment_codec {
public:
  enum class strength : std::uint8_t { nibbles, rans };

  lossless_codec(strength how, level loops);

  [[nodiscard]] std::string_view name() const noexcept override;
  [[nodiscard]] format number() const noexcept override { return format::lossless; }
  [[nodiscard]] bool lossy() const noexcept override { return false; }
  [[nodiscard]] std::size_t bound(const segment& shape) const noexcept override;
  core::result<std::size_t> encode(const segment& shape, std::span<const std::byte> raw,
                                   std::span<std::byte> out, scratch& work) const override;
  core::result<core::ok_t> decode(const segment& shape, std::span<const std::byte> encoded,
                                  token_range wanted, std::span<std::byte> out,
                                  scratch& work) const override;

private:
  strength how_;
  level level_;
  const lossless_loops& loops_;
};

}  // namespace cellard::gpu::host
