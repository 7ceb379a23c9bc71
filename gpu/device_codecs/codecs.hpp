// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The backend of a device: the integer codecs by its kernels. Codecs that have no kernel yet are
// the host's best, so that a set is whole.
#pragma once

#include "gpu/codec_set.hpp"
#include "gpu/device.hpp"

namespace cellard::gpu {

/// The codecs keep the device.
[[nodiscard]] codec_set make_codecs(std::shared_ptr<device> on);

}  // namespace cellard::gpu
