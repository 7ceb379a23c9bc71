// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "bench/support/device.hpp"
#include "gpu/cuda/device.hpp"

namespace cellard::bench {

core::result<std::shared_ptr<gpu::device>> open_device(device_size& size) {
  size = {std::uint32_t{1} << 19, 50};  // a gigabyte of fp16
  return gpu::cuda::open_device();
}

}  // namespace cellard::bench
