// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "gpu/quantizer.hpp"

namespace cellard::gpu {

core::result<std::unique_ptr<quantizer>>
quantizer::make(const codec_set& codecs, std::string_view name, const encode_options& options) {
  const auto by = find_scheme(name, family::quantizer);
  CELLARD_TRY(by);
  return std::unique_ptr<quantizer>(new quantizer(codecs, *by, options));
}

}  // namespace cellard::gpu
