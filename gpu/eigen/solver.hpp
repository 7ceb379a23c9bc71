// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Eigenvectors for the daemon, by the library Eigen: headers only and no threads of its own, where
// a BLAS would start some. Apart from cellard_gpu, since clients and wheels have no use for it.
#pragma once

#include "gpu/calibration.hpp"

namespace cellard::gpu {

/// Any thread.
eigen_solver symmetric_solver();

}  // namespace cellard::gpu
