// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Eigenvectors of a small symmetric matrix by Jacobi's rotations, in double and in one order: the
// same bits everywhere. Nothing is allocated; any thread.
#pragma once

#include <cstddef>
#include <span>

namespace cellard::gpu::host {

/// Makes `matrix` [size][size] diagonal but for what is small beside its diagonal, and the rows of
/// `vectors` [size][size] its eigenvectors: orthogonal however far it came. The order is any.
void diagonalise(std::span<double> matrix, std::size_t size, std::span<double> vectors);

}  // namespace cellard::gpu::host
