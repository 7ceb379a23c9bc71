// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Learns the profile of one namespace from blocks as they come by, a little at a time, so that its
// owner can do other work in between (docs/adr/0035): some tokens of each block until there are
// enough, then the basis of one segment after the other. Owned and called by one thread. Memory:
// `memory_bytes`, from the beginning.
#pragma once

#include "gpu/calibration.hpp"
#include "gpu/profile_draft.hpp"

#include <optional>

namespace cellard::gpu {

/// Of blocks of this layout, a basis a head. errc::invalid_argument when they have no shape, or
/// profiles cannot be of it.
core::result<profile_shape> profile_shape_of(const core::layout& shape);

class profile_learner {
public:
  /// @pre profile_shape_of(shape) succeeded
  profile_learner(const core::layout& shape, std::uint64_t tokens);

  /// What learning a profile of this shape takes at its most.
  [[nodiscard]] static std::uint64_t memory_bytes(const profile_shape& shape) noexcept;

  /// Whether another block is wanted.
  [[nodiscard]] bool looks() const noexcept { return seen_ < wanted_; }
  [[nodiscard]] std::uint64_t seen() const noexcept { return seen_; }

  /// Some tokens of a block, behind the first `skipped` of its sequence. Segments with values that
  /// are not finite are left out. @pre the bytes are whole tokens of the layout
  void look_at(std::uint64_t first_token, std::span<const std::byte> raw, std::uint32_t skipped,
               scratch& work);

  /// One segment's part; the profile after the last. errc::invalid_argument when a segment has seen
  /// too little. @pre !looks()
  core::result<std::shared_ptr<const profile>> step(const eigen_solver& solve);

private:
  core::layout shape_;
  profile_shape learned_;
  std::uint64_t wanted_;
  std::uint64_t seen_ = 0;
  std::uint64_t blocks_ = 0;
  calibration sums_;
  std::optional<profile_draft> draft_;  // while there are parts to do
  std::uint32_t done_ = 0;              // segments
};

}  // namespace cellard::gpu
