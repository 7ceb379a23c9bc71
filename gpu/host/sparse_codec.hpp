// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// "sparse": of each token the half of the values that is largest in magnitude, in 8 bits; the
// others become 0. An experiment: int4 keeps more in less (docs/benchmarks.md). It is "int8" with
// gaps: the same head, tiles and scales (gpu/host/integer_tiles.hpp), and for each token a bitmap,
// whose lowest bit is channel 0, with the codes of the channels that are in it. All tokens keep
// equally many, so that one finds any of them without reading the others; how many is written in
// front, and any share can be read.
#pragma once

#include "gpu/host/integer_codec.hpp"

namespace cellard::gpu::host {

class sparse_codec final : public segment_codec {
public:
  explicit sparse_codec(level loops);

  [[nodiscard]] std::string_view name() const noexcept override { return "sparse"; }
  [[nodiscard]] format number() const noexcept override { return format::sparse; }
  [[nodiscard]] bool lossy() const noexcept override { return true; }
  [[nodiscard]] std::size_t bound(const segment& shape) const noexcept override;

  core::result<std::size_t> encode(const segment& shape, std::span<const std::byte> raw,
                                   std::span<std::byte> out, scratch& work) const override;
  core::result<core::ok_t> decode(const segment& shape, std::span<const std::byte> encoded,
                                  token_range wanted, std::span<std::byte> out,
                                  scratch& work) const override;

private:
  integer_codec dense_;
  const number_loops& numbers_;
};

}  // namespace cellard::gpu::host
