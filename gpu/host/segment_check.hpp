// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Which segments a lossy codec takes, whatever their numbers are, and the sentences of those that
// it does not. Any thread.
#pragma once

#include "core/result.hpp"
#include "gpu/segment.hpp"

#include <string_view>

namespace cellard::gpu::host {

/// "keys" or "values".
[[nodiscard]] std::string_view name_of(side what) noexcept;

/// errc::invalid_argument, in `codec`'s name, where a segment is no matrix of numbers, or is to be
/// rotated by a table that is too small for it.
[[nodiscard]] core::result<core::ok_t> check_segment(const segment& shape, std::string_view codec,
                                                     bool rotates);

}  // namespace cellard::gpu::host
