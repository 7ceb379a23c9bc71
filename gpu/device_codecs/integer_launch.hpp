// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Which kernels the integer codecs start, and with what grids. All pointers are the device's.
#pragma once

#include "gpu/device.hpp"
#include "gpu/kernels/integer_segment.cuh"
#include "gpu/segment.hpp"

namespace cellard::gpu {

/// Codes and steps of `raw` into with.encoded, all but its head. The word with.found is 0 before.
void launch_encode(stream& on, core::dtype type, const kernels::integer_segment& with,
                   const std::byte* raw);

/// Values of tokens `wanted` into `out`; `tiles` are those that hold them.
void launch_decode(stream& on, core::dtype type, const kernels::integer_segment& with,
                   token_range tiles, token_range wanted, std::byte* out);

}  // namespace cellard::gpu
