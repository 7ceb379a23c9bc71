// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Kernels on a CUDA device. Where there is none the whole test is skipped, and says so.
#include "gpu/cuda/device.hpp"
#include "tests/conformance/codec_cases.hpp"
#include "tests/conformance/kernel_sets.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdio>
#include <cstdlib>

namespace {

constexpr int skipped = 77;

struct device_or_skip {
  device_or_skip() {
    if (const auto found = cellard::gpu::cuda::open_device(); !found) {
      std::fprintf(stderr, "SKIPPED: %s\n", found.error().context().c_str());
      std::_Exit(skipped);
    }
  }
};

BOOST_TEST_GLOBAL_FIXTURE(device_or_skip);

}  // namespace

namespace cellard::tests {

const std::vector<gpu::codec_set>& codec_sets() {
  static const auto all = kernel_sets({*gpu::cuda::open_device()});
  return all;
}

}  // namespace cellard::tests
