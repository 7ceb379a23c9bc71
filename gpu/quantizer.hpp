// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The quantizer: fewer bits a value, by int8, int2 to int6 or one of the mixtures. Which backend
// runs is the codec_set's choice; bytes are the same. encode, decode and sizes: core/codec.hpp.
#pragma once

#include "gpu/container_codec.hpp"

#include <memory>

namespace cellard::gpu {

class quantizer final : public container_codec {
public:
  /// errc::invalid_argument when `name` is no scheme of the quantizer.
  static core::result<std::unique_ptr<quantizer>>
  make(const codec_set& codecs, std::string_view name, const encode_options& options = {});

private:
  using container_codec::container_codec;
};

}  // namespace cellard::gpu
