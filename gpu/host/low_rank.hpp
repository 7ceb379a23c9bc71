// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The best product of two thin matrices for a wide one: A = left * right but for a rest. A
// randomised range finder in panels (Halko, Martinsson and Tropp 2011; Martinsson and Voronin
// 2016): a panel's directions are found by random probes and one power iteration, taken out of A,
// and so on until little enough is left; singular values and vectors of what was found say which to
// keep. Probes are the same each time and every sum runs in one order, so the result is the same to
// the bit on every host. Memory is the caller's scratch, buffers 0 to 7; any thread.
#pragma once

#include "gpu/scratch.hpp"

#include <cstddef>
#include <span>

namespace cellard::gpu::host {

/// The smallest rank that keeps `energy` of the sum of squares, `most_rank` where none does.
struct rank_goal {
  double energy;
  std::size_t most_rank;
};

struct low_rank {
  std::size_t rank;
  double energy;           ///< what was kept, of 1; 1 of zeros
  std::span<float> left;   ///< [rows][rank], in scratch until its next use
  std::span<float> right;  ///< [rank][columns]
};

/// `matrix` is [rows][columns], finite, of moderate size, and spent. Columns of left and rows of
/// right have the same norms. @pre neither is 0
[[nodiscard]] low_rank find_low_rank(std::span<float> matrix, std::size_t rows, std::size_t columns,
                                     rank_goal goal, scratch& work);

}  // namespace cellard::gpu::host
