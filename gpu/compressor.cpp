// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "gpu/compressor.hpp"

namespace cellard::gpu {

core::result<std::unique_ptr<compressor>>
compressor::make(const codec_set& codecs, std::string_view name, const encode_options& options) {
  const auto by = find_scheme(name, family::compressor);
  CELLARD_TRY(by);
  return std::unique_ptr<compressor>(new compressor(codecs, *by, options));
}

}  // namespace cellard::gpu
