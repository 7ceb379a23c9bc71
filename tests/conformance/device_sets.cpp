// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Kernels, run by the emulator in each of its schedules.
#include "gpu/emulated/device.hpp"
#include "tests/conformance/codec_cases.hpp"
#include "tests/conformance/kernel_sets.hpp"

namespace cellard::tests {

const std::vector<gpu::codec_set>& codec_sets() {
  static const auto all = [] {
    std::vector<std::shared_ptr<gpu::device>> devices;
    for (const auto& how : gpu::emulated::schedules()) {
      devices.push_back(std::make_shared<gpu::emulated::device>(how));
    }
    return kernel_sets(devices);
  }();
  return all;
}

}  // namespace cellard::tests
