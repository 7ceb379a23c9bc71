// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// A profile that is being written: the bytes of a shape, filled part by part, and then a profile
// (which checks what was written). One owner, one thread.
#pragma once

#include "gpu/profile.hpp"

namespace cellard::gpu {

class profile_draft {
public:
  /// All zeros, which is no profile yet. @pre shape.check() succeeded
  profile_draft(const profile_shape& shape, std::uint64_t tokens);

  struct part {
    std::span<float> means;
    std::span<float> scales;
    std::span<std::int8_t> spreads;
    std::span<std::int16_t> basis;
  };

  /// Of the whole segment, as profile_part has them. @pre layer and side are in the shape
  [[nodiscard]] part at(std::uint32_t layer, side which) noexcept;

  [[nodiscard]] core::result<std::shared_ptr<const profile>> finish() const {
    return profile::read(bytes_);
  }

private:
  profile_shape shape_;
  std::vector<std::byte> bytes_;
};

}  // namespace cellard::gpu
