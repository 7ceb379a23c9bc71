// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "gpu/host/level.hpp"

#ifdef CELLARD_HIGHWAY
#  include <hwy/targets.h>
#endif

#include <array>
#include <utility>

namespace cellard::gpu::host {
namespace {

std::vector<level> find_levels() {
  std::vector<level> found{level::scalar};
#ifdef CELLARD_HIGHWAY
  const auto runs = static_cast<std::int64_t>(hwy::SupportedTargets());
  constexpr std::array known{std::pair{HWY_SSE4, level::sse4}, std::pair{HWY_AVX2, level::avx2},
                             std::pair{HWY_AVX3, level::avx512},
                             std::pair{HWY_AVX3_DL, level::avx512dl},
                             std::pair{HWY_NEON, level::neon}};
  for (const auto& [target, named] : known) {
    if ((runs & target) != 0) {
      found.push_back(named);
    }
  }
#endif
  return found;
}

}  // namespace

std::string_view to_string(level loops) noexcept {
  constexpr std::array<std::string_view, 6> names{"scalar", "sse4",     "avx2",
                                                  "avx512", "avx512dl", "neon"};
  return names.at(static_cast<std::size_t>(loops));
}

const std::vector<level>& supported_levels() {
  static const std::vector<level> levels = find_levels();
  return levels;
}

level best_level() {
  return supported_levels().back();
}

}  // namespace cellard::gpu::host
