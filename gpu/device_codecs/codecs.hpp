// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The backend of a device: the integer codecs by its kernels. Codecs that have no kernel yet are
// the host's best, so that a set is whole.
#pragma once

#include "gpu/codec_set.hpp"
#include "gpu/device.hpp"

namespace cellard::gpu {

/// Those that have kernels. They keep the device, here and below.
[[nodiscard]] std::vector<std::unique_ptr<segment_codec>>
kernel_codecs(const std::shared_ptr<device>& on);

[[nodiscard]] codec_set make_codecs(const std::shared_ptr<device>& on);

}  // namespace cellard::gpu
