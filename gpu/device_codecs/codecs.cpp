// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "gpu/device_codecs/codecs.hpp"

#include "gpu/device_codecs/integer_codec.hpp"
#include "gpu/host/level.hpp"
#include "gpu/host/lossless.hpp"

namespace cellard::gpu {

codec_set make_codecs(std::shared_ptr<device> on) {
  using host::lossless_codec;
  std::vector<std::unique_ptr<segment_codec>> all;
  for (const auto how : {lossless_codec::strength::nibbles, lossless_codec::strength::rans}) {
    all.push_back(std::make_unique<lossless_codec>(how, host::best_level()));
  }
  for (const unsigned bits : {8U, 6U, 5U, 4U, 3U, 2U}) {
    all.push_back(std::make_unique<device_integer_codec>(bits, on));
  }
  return codec_set(on->name(), std::move(all));
}

}  // namespace cellard::gpu
