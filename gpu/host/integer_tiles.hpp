// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Where the parts of an encoded segment of the integer codecs lie. After a head of 8 bytes come
// tiles of about 256 tokens: T tokens are cut as evenly as T / 256, rounded, allows, so that no
// tile is too short to share its steps. A tile is the scales of its groups, their least values when
// the codes are asymmetric, then one row of packed codes a token. Keys have a group a channel,
// values a group for each head of each token.
#pragma once

#include "gpu/host/integer_steps.hpp"
#include "gpu/segment.hpp"

#include <array>
#include <optional>
#include <span>

namespace cellard::gpu::host {

/// The first 8 bytes: bits of a code, flags, zeros.
struct integer_head {
  static constexpr std::size_t bytes = 8;

  std::uint8_t bits = 0;
  step_storage storage = step_storage::f16;
  bool rotated_back = false;  ///< keys are as they were before their rotation

  void write(std::span<std::byte> to) const;

  /// Copies what it checks: the bytes may change. Empty when they are not such a head.
  static std::optional<integer_head> read(std::span<const std::byte> from);

  friend bool operator==(const integer_head&, const integer_head&) = default;
};

class integer_tiles {
public:
  integer_tiles(const segment& shape, const integer_head& head) noexcept;

  struct tile {
    std::uint32_t first;  ///< token
    std::uint32_t tokens;
    std::size_t groups;
    std::size_t scales;  ///< offset in the encoded segment, as all below
    std::size_t leasts;  ///< equal to codes when there are none
    std::size_t codes;
  };

  [[nodiscard]] std::uint32_t count() const noexcept { return count_; }
  [[nodiscard]] tile at(std::uint32_t index) const noexcept;

  /// Bytes of the whole segment.
  [[nodiscard]] std::size_t bytes() const noexcept { return start(count_); }

  /// Bytes of the codes of one token.
  [[nodiscard]] std::size_t row_bytes() const noexcept { return row_bytes_; }

private:
  [[nodiscard]] std::uint32_t first_token(std::uint32_t index) const noexcept;
  [[nodiscard]] std::size_t start(std::uint32_t index) const noexcept;

  std::uint32_t tokens_;
  std::uint32_t count_;
  std::size_t groups_a_tile_;
  std::size_t groups_a_token_;
  std::size_t step_bytes_;  // of one scale, or one least value
  bool symmetric_;
  std::size_t row_bytes_;
};

}  // namespace cellard::gpu::host
