// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "tests/conformance/kernel_sets.hpp"

#include "gpu/device_codecs/codecs.hpp"
#include "gpu/host/codecs.hpp"

namespace cellard::tests {

std::vector<gpu::codec_set> kernel_sets(const std::vector<std::shared_ptr<gpu::device>>& devices) {
  std::vector<gpu::codec_set> out;
  for (const auto& each : devices) {
    out.emplace_back(each->name(), gpu::kernel_codecs(each));
  }
  auto scalar = gpu::host::every_codec(gpu::host::level::scalar);
  std::erase_if(scalar, [&](const auto& codec) { return out[0].find(codec->name()) == nullptr; });
  out.emplace(out.begin(), "scalar", std::move(scalar));
  return out;
}

}  // namespace cellard::tests
