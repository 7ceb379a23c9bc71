// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Warp collectives of one warp: lanes arrive one after the other, the last one of a mask computes
// what each of them gets. Stricter than hardware on purpose: all rules of CUDA's manual are errors
// here, whatever a card of today makes of them. Plain data, used by the block that owns it.
#pragma once

#include "gpu/emulated/fault.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

namespace cellard::gpu::emulated {

inline constexpr unsigned warp_lanes = 32;

enum class collective : std::uint8_t {
  sync,
  ballot,
  shuffle,  ///< from lane `argument` of the caller's part of `width` lanes
  shuffle_up,
  shuffle_down,
  shuffle_xor,
  reduce_or,
  reduce_max,
  reduce_add,
};

/// What one lane brings. Lanes meet when all but value, argument and where are equal.
struct lane_call {
  collective kind = collective::sync;
  unsigned mask = 0;
  unsigned width = warp_lanes;
  std::uint64_t value = 0;
  unsigned argument = 0;
  site where;
};

class warp {
public:
  /// Lanes that wait in one collective; `values` are what they take away once all are there.
  struct meeting {
    collective kind;
    unsigned mask;
    unsigned width;
    unsigned arrived = 0;
    std::array<std::uint64_t, warp_lanes> values{};
    std::array<unsigned, warp_lanes> arguments{};
    std::array<site, warp_lanes> where{};

    [[nodiscard]] bool complete() const noexcept { return arrived == mask; }
  };

  /// Of the first `lanes` lanes, at the begin of a block.
  void begin(unsigned lanes);

  /// That lane has returned from the kernel.
  void leave(unsigned lane) noexcept { gone_ |= 1U << lane; }

  /// The meeting that this lane has joined; when complete() its values are the results. Throws
  /// fault, without naming kernel and block, for a broken rule.
  std::shared_ptr<meeting> arrive(unsigned lane, const lane_call& call);

private:
  void check_mask(unsigned lane, const lane_call& call) const;
  std::shared_ptr<meeting> join(unsigned lane, const lane_call& call);

  unsigned there_ = 0;
  unsigned gone_ = 0;
  std::vector<std::shared_ptr<meeting>> open_;  // masks do not overlap: at most 32
};

}  // namespace cellard::gpu::emulated
