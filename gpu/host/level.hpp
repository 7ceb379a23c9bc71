// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Which loops the host backend runs: plain C++ that reads like the formulas, or Highway's for one
// instruction set. All give the same bytes.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace cellard::gpu::host {

enum class level : std::uint8_t { scalar, sse4, avx2, avx512, avx512dl, neon };

/// "scalar", "sse4", "avx2", "avx512", "avx512dl" (Ice Lake and later), "neon".
[[nodiscard]] std::string_view to_string(level loops) noexcept;

/// Those that are compiled in and that this processor can run, scalar first, the best last.
[[nodiscard]] const std::vector<level>& supported_levels();

[[nodiscard]] level best_level();

}  // namespace cellard::gpu::host
