// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// "svd": keys before their rotation, or values, of one layer as the product of two thin matrices
// (gpu/host/low_rank.hpp) in 8 bits (gpu/host/factor_codes.hpp), with as many directions as 99 % of
// the energy takes: about a tenth is lost, as with int4, which is smaller on most data and far
// faster (docs/benchmarks.md). Where the factors would be no smaller than eight bits a value the
// segment is refused.
#pragma once

#include "gpu/host/float_rows.hpp"
#include "gpu/segment_codec.hpp"

namespace cellard::gpu::host {

class svd_codec final : public segment_codec {
public:
  explicit svd_codec(level loops) : rows_(loops) {}

  [[nodiscard]] std::string_view name() const noexcept override { return "svd"; }
  [[nodiscard]] format number() const noexcept override { return format::svd; }
  [[nodiscard]] bool lossy() const noexcept override { return true; }
  [[nodiscard]] std::size_t bound(const segment& shape) const noexcept override;

  core::result<std::size_t> encode(const segment& shape, std::span<const std::byte> raw,
                                   std::span<std::byte> out, scratch& work) const override;
  core::result<core::ok_t> decode(const segment& shape, std::span<const std::byte> encoded,
                                  token_range wanted, std::span<std::byte> out,
                                  scratch& work) const override;

private:
  float_rows rows_;
};

}  // namespace cellard::gpu::host
