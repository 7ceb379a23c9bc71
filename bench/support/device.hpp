// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The device that kernel_bench measures: the one whose file is linked.
#pragma once

#include "gpu/device.hpp"

#include <cstdint>

namespace cellard::bench {

struct device_size {
  std::uint32_t tokens;  ///< of 1024 values
  unsigned rounds;
};

/// And what it is measured with. errc::unavailable when there is none.
core::result<std::shared_ptr<gpu::device>> open_device(device_size& size);

}  // namespace cellard::bench
