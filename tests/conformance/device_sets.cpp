// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Kernels, run by the emulator in each of its schedules.
#include "gpu/device_codecs/codecs.hpp"
#include "gpu/emulated/device.hpp"
#include "gpu/host/codecs.hpp"
#include "tests/conformance/codec_cases.hpp"

namespace cellard::tests {

const std::vector<gpu::codec_set>& codec_sets() {
  static const auto all = [] {
    std::vector<gpu::codec_set> sets;
    sets.push_back(gpu::host::make_codecs(gpu::host::level::scalar));
    for (const auto& how : gpu::emulated::schedules()) {
      sets.push_back(gpu::make_codecs(std::make_shared<gpu::emulated::device>(how)));
    }
    return sets;
  }();
  return all;
}

}  // namespace cellard::tests
