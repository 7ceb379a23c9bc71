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
  /// Lanes that wait in one collective.
  struct meeting {
    collective kind;
    unsigned mask;
    unsigned width;
    unsigned arrived = 0;
    std::shared_ptr<std::uint64_t> order;  ///< of those that order memory: a tag for race.hpp

    [[nodiscard]] bool complete() const noexcept { return arrived == mask; }
  };
  using calls = std::array<lane_call, warp_lanes>;

  /// Of the first `lanes` lanes, at the begin of a block.
  void begin(unsigned lanes);

  /// That lane has returned from the kernel.
  void leave(unsigned lane) noexcept { gone_ |= 1U << lane; }

  /// The meeting that this lane has joined; when it is complete(), all its lanes have their
  /// result(). Throws fault, without naming kernel and block, for a broken rule.
  meeting arrive(unsigned lane, const lane_call& call);

  [[nodiscard]] std::uint64_t result(unsigned lane) const noexcept { return calls_[lane].value; }

private:
  void check_mask(unsigned lane, const lane_call& call) const;
  meeting& join(unsigned lane, const lane_call& call);

  unsigned there_ = 0;
  unsigned gone_ = 0;
  calls calls_;                // a lane is in one at a time; `value` becomes its result
  std::vector<meeting> open_;  // masks do not overlap: at most 32
};

}  // namespace cellard::gpu::emulated
