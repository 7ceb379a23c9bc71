// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Backends for the conformance suite of devices: codecs that have kernels, and no others. What a
// device's set borrows from the host is tested as the host's.
#pragma once

#include "gpu/codec_set.hpp"
#include "gpu/device.hpp"

#include <memory>
#include <vector>

namespace cellard::tests {

/// The host's scalar codecs that have kernels too, then the kernels on each device.
std::vector<gpu::codec_set> kernel_sets(const std::vector<std::shared_ptr<gpu::device>>& devices);

}  // namespace cellard::tests
