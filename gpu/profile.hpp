// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// What a calibrated codec knows of one model (docs/adr/0033): mean and scale of each channel, and a
// basis of the directions in which the scaled channels vary, with how far. Immutable and named
// after its content, so that encoded bytes can say which one decodes them. It owns its bytes; every
// thread may read it.
#pragma once

#include "core/result.hpp"
#include "gpu/profile_format.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace cellard::gpu {

/// One segment's part. Component i of a group is the sum over its channels c of
/// (x[c] - means[c]) / scales[c] * basis[basis_index(size, i, c)] / 2^12, and 2^(spreads[i] / 2) is
/// its deviation.
struct profile_part {
  std::size_t groups;
  std::size_t size;  ///< groups * size = channels
  std::span<const float> means;
  std::span<const float> scales;
  std::span<const std::int8_t> spreads;
  std::span<const std::int16_t> basis;

  [[nodiscard]] std::span<const std::int16_t> basis_of(std::size_t group) const noexcept {
    const std::size_t numbers = basis.size() / groups;
    return basis.subspan(group * numbers, numbers);
  }
};

class profile {
public:
  using id_type = std::array<std::uint8_t, 16>;

  static constexpr int least_spread = -64;  ///< "does not vary"
  static constexpr int most_spread = 32;    ///< 65,536 channels that are all the same

  /// Takes a copy and checks all of it: errc::corrupt, or errc::unsupported_version for a later
  /// one.
  static core::result<std::shared_ptr<const profile>> read(std::span<const std::byte> bytes);

  /// XXH3-128 of the bytes, in its canonical order.
  [[nodiscard]] const id_type& id() const noexcept { return id_; }
  [[nodiscard]] const profile_shape& shape() const noexcept { return shape_; }
  [[nodiscard]] std::uint64_t tokens() const noexcept { return tokens_; }
  [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return bytes_; }

  /// Whether this segment is one of the model's.
  [[nodiscard]] bool fits(const segment& shape) const noexcept;

  /// @pre layer and side are in the shape
  [[nodiscard]] profile_part part(std::uint32_t layer, side which) const noexcept;

private:
  profile(const profile_shape& shape, std::uint64_t tokens, std::vector<std::byte> bytes);

  profile_shape shape_;
  std::uint64_t tokens_;
  std::vector<std::byte> bytes_;
  id_type id_;
};

}  // namespace cellard::gpu
