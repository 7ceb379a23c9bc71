// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// A CUDA device behind gpu/device.hpp: a stream is a CUDA stream that waits for no other, with
// memory that grows as it is asked for. Any thread may open streams; a stream belongs to one
// thread.
#pragma once

#include "gpu/device.hpp"

namespace cellard::gpu::cuda {

/// Device `ordinal` of this process. errc::unavailable when there is none; the sentence has the
/// driver's reason.
[[nodiscard]] core::result<std::shared_ptr<gpu::device>> open_device(int ordinal = 0);

}  // namespace cellard::gpu::cuda
