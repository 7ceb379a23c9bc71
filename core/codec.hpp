// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// How a block's bytes are kept. Quantizer and compressor are both codecs; the actors and
// core/cache.hpp hold them by this interface and know no more. Encoders may read their input more
// than once, so it must not be memory that a client can write (decisions F2). One thread at a time.
#pragma once

#include "core/layout.hpp"
#include "core/result.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace cellard::core {

class codec {
public:
  virtual ~codec() = default;

  [[nodiscard]] virtual std::string_view name() const noexcept = 0;

  /// Of the format of the bytes, as it stands in slot headers and replies; never 0 (raw). Codecs
  /// that decode each other's bytes share a number.
  [[nodiscard]] virtual std::uint16_t number() const noexcept = 0;

  /// Room that encode needs for a raw block of `raw_bytes`.
  [[nodiscard]] virtual std::size_t most_encoded_bytes(const layout& shape,
                                                       std::size_t raw_bytes) const = 0;

  /// Bytes written to `out`. `first_token` is the number of the block's first token in its chain:
  /// codecs may undo rotations, or spare the first tokens. errc::invalid_argument when this codec
  /// cannot take blocks of this layout.
  virtual result<std::size_t> encode(const layout& shape, std::uint64_t first_token,
                                     std::span<const std::byte> raw, std::span<std::byte> out) = 0;

  /// Raw bytes written to `out`. errc::corrupt when `encoded` is not what encode writes; never
  /// reads or writes outside.
  virtual result<std::size_t> decode(const layout& shape, std::span<const std::byte> encoded,
                                     std::span<std::byte> out) = 0;
};

}  // namespace cellard::core
