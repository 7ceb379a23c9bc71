// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "gpu/host/codecs.hpp"
#include "tests/conformance/codec_cases.hpp"

namespace cellard::tests {

const std::vector<gpu::codec_set>& codec_sets() {
  static const auto all = [] {
    std::vector<gpu::codec_set> sets;
    for (const auto loops : gpu::host::supported_levels()) {
      sets.push_back(gpu::host::make_codecs(loops));
    }
    return sets;
  }();
  return all;
}

}  // namespace cellard::tests
