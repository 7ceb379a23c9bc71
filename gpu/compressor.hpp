// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The compressor: fewer bytes by what the values have in common; today the exact codecs. Which
// backend runs is the codec_set's choice; bytes are the same. encode, decode and sizes:
// core/codec.hpp.
#pragma once

#include "gpu/container_codec.hpp"

#include <memory>

namespace cellard::gpu {

class compressor final : public container_codec {
public:
  /// errc::invalid_argument when `name` is no scheme of the compressor.
  static core::result<std::unique_ptr<compressor>>
  make(const codec_set& codecs, std::string_view name, const encode_options& options = {});

private:
  using container_codec::container_codec;
};

}  // namespace cellard::gpu
