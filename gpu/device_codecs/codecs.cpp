// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "gpu/device_codecs/codecs.hpp"

#include "gpu/device_codecs/integer_codec.hpp"
#include "gpu/host/codecs.hpp"

namespace cellard::gpu {

codec_set make_codecs(std::shared_ptr<device> on) {
  auto all = host::every_codec(host::best_level());
  for (auto& each : all) {
    // "int4" and its like
    if (each->number() == format::int8 || each->number() == format::int_n) {
      const auto bits = static_cast<unsigned>(each->name().back() - '0');
      each = std::make_unique<device_integer_codec>(bits, on);
    }
  }
  return codec_set(on->name(), std::move(all));
}

}  // namespace cellard::gpu
