// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// What the integer codecs of every backend share: names, sizes, which segments they take, the head,
// and the sentences of refusal. Immutable; every thread may read it.
#pragma once

#include "gpu/host/integer_tiles.hpp"
#include "gpu/segment_codec.hpp"

#include <string>

namespace cellard::gpu::host {

class integer_codec_base : public segment_codec {
public:
  /// @pre bits is 8, or 2 to 6
  explicit integer_codec_base(unsigned bits) : bits_(bits), name_("int" + std::to_string(bits)) {}

  [[nodiscard]] std::string_view name() const noexcept override { return name_; }
  [[nodiscard]] format number() const noexcept override {
    return symmetric() ? format::int8 : format::int_n;
  }
  [[nodiscard]] bool lossy() const noexcept override { return true; }
  [[nodiscard]] std::size_t bound(const segment& shape) const noexcept override;

protected:
  [[nodiscard]] unsigned bits() const noexcept { return bits_; }
  [[nodiscard]] bool symmetric() const noexcept { return bits_ == 8; }
  [[nodiscard]] bool rotates(const segment& shape) const noexcept;

  /// errc::invalid_argument when it is no segment of numbers.
  [[nodiscard]] core::result<core::ok_t> check(const segment& shape) const;

  /// errc::corrupt when these are not the head and length of such a segment.
  [[nodiscard]] core::result<integer_head> read_head(const segment& shape,
                                                     std::span<const std::byte> encoded) const;

  [[nodiscard]] core::error not_finite(const segment& shape) const;
  [[nodiscard]] core::error not_held(const segment& shape) const;
  [[nodiscard]] core::error bad_step(const segment& shape) const;

private:
  unsigned bits_;
  std::string name_;
};

}  // namespace cellard::gpu::host
