// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "bench/support/device.hpp"
#include "gpu/emulated/device.hpp"

namespace cellard::bench {

core::result<std::shared_ptr<gpu::device>> open_device(device_size& size) {
  size = {512, 1};
  return std::shared_ptr<gpu::device>(
    std::make_shared<gpu::emulated::device>(gpu::emulated::policy{}));
}

}  // namespace cellard::bench
