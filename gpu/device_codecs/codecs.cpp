// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "gpu/device_codecs/codecs.hpp"

#include "gpu/device_codecs/integer_codec.hpp"
#include "gpu/host/codecs.hpp"

#include <algorithm>

namespace cellard::gpu {

std::vector<std::unique_ptr<segment_codec>> kernel_codecs(const std::shared_ptr<device>& on) {
  std::vector<std::unique_ptr<segment_codec>> out;
  for (const unsigned bits : {8U, 6U, 5U, 4U, 3U, 2U}) {
    out.push_back(std::make_unique<device_integer_codec>(bits, on));
  }
  return out;
}

codec_set make_codecs(const std::shared_ptr<device>& on) {
  auto all = host::every_codec(host::best_level());
  for (auto& each : kernel_codecs(on)) {
    *std::find_if(all.begin(), all.end(), [&](const auto& of_host) {
      return of_host->name() == each->name();
    }) = std::move(each);
  }
  return codec_set(on->name(), std::move(all));
}

}  // namespace cellard::gpu
