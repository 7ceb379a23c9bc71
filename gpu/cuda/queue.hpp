// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// What a launch needs of a stream: shared by entry.cu, which nvcc compiles, and device.cpp, which
// g++ does.
#pragma once

#include <cuda_runtime_api.h>

namespace cellard::gpu {

class stream;

namespace cuda {

struct queue {
  cudaStream_t handle = nullptr;
  cudaError_t failed = cudaSuccess;  ///< the first; whoever waits is told

  void note(cudaError_t code) noexcept {
    if (failed == cudaSuccess) {
      failed = code;
    }
  }
};

/// @pre `on` was opened by cuda::device
queue& queue_of(stream& on) noexcept;

}  // namespace cuda
}  // namespace cellard::gpu
