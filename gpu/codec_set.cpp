// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "gpu/codec_set.hpp"

#include <algorithm>

namespace cellard::gpu {

const segment_codec* codec_set::find(std::string_view name) const noexcept {
  const auto found = std::find_if(codecs_.begin(), codecs_.end(),
                                  [&](const auto& each) { return each->name() == name; });
  return found == codecs_.end() ? nullptr : found->get();
}

const segment_codec* codec_set::find(format number) const noexcept {
  const auto found = std::find_if(codecs_.begin(), codecs_.end(),
                                  [&](const auto& each) { return each->number() == number; });
  return found == codecs_.end() ? nullptr : found->get();
}

}  // namespace cellard::gpu
