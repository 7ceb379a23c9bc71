// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The host backend: every codec on the loops of one level.
#pragma once

#include "gpu/codec_set.hpp"
#include "gpu/host/level.hpp"

namespace cellard::gpu::host {

/// For a set that has some of another backend. @pre `loops` is one of supported_levels()
[[nodiscard]] std::vector<std::unique_ptr<segment_codec>> every_codec(level loops);

/// @pre `loops` is one of supported_levels()
[[nodiscard]] codec_set make_codecs(level loops);

/// Of the best level, made once.
[[nodiscard]] const codec_set& best_codecs();

}  // namespace cellard::gpu::host
