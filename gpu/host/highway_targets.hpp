// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Which instruction sets the host's loops are compiled for, and the choice of one set's table. To
// be included before Highway's own headers.
#pragma once

#include "gpu/host/level.hpp"

#include <array>

// SSSE3 is older than all processors that serve models, and scalable vectors cannot be held in
// arrays. AVX3_DL adds nothing that these loops use: that level runs AVX3's.
#define HWY_DISABLED_TARGETS                                                                       \
  (HWY_SSSE3 | HWY_AVX3_DL | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)

namespace cellard::gpu::host {

/// By level; null where nothing is compiled.
template <class Loops>
using level_tables = std::array<const Loops*, 6>;

}  // namespace cellard::gpu::host

/// The object `table` of the namespace that Highway made for `wanted`, or null. For the part of a
/// file that is compiled once (HWY_ONCE), within the namespace that encloses Highway's.
#define CELLARD_LOOPS_OF_LEVEL(type, table, wanted)                                                \
  (::cellard::gpu::host::level_tables<type>{                                                       \
    nullptr, HWY_CHOOSE_SSE4(table), HWY_CHOOSE_AVX2(table), HWY_CHOOSE_AVX3(table),               \
    HWY_CHOOSE_AVX3(table), HWY_CHOOSE_NEON(table)}[static_cast<std::size_t>(wanted)])
