// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// "lowrank" and "lowrank-3": the sixteen largest directions of a segment as svd keeps them
// (gpu/host/factor_codes.hpp), and what is left in 4 or 3 bits as int4 and int3 keep it, of keys
// before their rotation. An experiment: int5 and int4 are smaller, about as good and far faster
// (docs/benchmarks.md).
//   factors, then an int_n segment of float without rotation (docs/codec-format.md)
#pragma once

#include "gpu/host/float_rows.hpp"
#include "gpu/host/integer_codec.hpp"

namespace cellard::gpu::host {

class lowrank_codec final : public segment_codec {
public:
  /// @pre bits of the rest is 3 or 4
  lowrank_codec(unsigned bits, level loops)
    : name_(bits == 4 ? "lowrank" : "lowrank-3"),
      rows_(loops),
      rest_(bits, loops) {}

  [[nodiscard]] std::string_view name() const noexcept override { return name_; }
  [[nodiscard]] format number() const noexcept override { return format::lowrank; }
  [[nodiscard]] bool lossy() const noexcept override { return true; }
  [[nodiscard]] std::size_t bound(const segment& shape) const noexcept override;

  core::result<std::size_t> encode(const segment& shape, std::span<const std::byte> raw,
                                   std::span<std::byte> out, scratch& work) const override;
  core::result<core::ok_t> decode(const segment& shape, std::span<const std::byte> encoded,
                                  token_range wanted, std::span<std::byte> out,
                                  scratch& work) const override;

private:
  std::string_view name_;
  float_rows rows_;
  integer_codec rest_;
};

}  // namespace cellard::gpu::host
