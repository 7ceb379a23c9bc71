// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "gpu/host/level.hpp"

#include <array>
#include <utility>

namespace cellard::gpu::host {
namespace {

/// What each level's loops are compiled for: Highway's target of that name. Asked of the compiler's
/// own library, so that who links the codecs need not link Highway.
std::vector<level> find_levels() {
  std::vector<level> found{level::scalar};
#if defined(CELLARD_HIGHWAY) && defined(__x86_64__)
  const bool sse4 = __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("ssse3")
                    && __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("aes");
  const bool avx2 = sse4 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")
                    && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
  // (F16C, which they use too, is in every processor that has AVX2; clang 14 cannot ask for it.)
  const bool avx512 = avx2 && __builtin_cpu_supports("avx512f")
                      && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq")
                      && __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512vl");
  const bool avx512dl =
    avx512 && __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512vbmi")
    && __builtin_cpu_supports("avx512vbmi2") && __builtin_cpu_supports("avx512vpopcntdq")
    && __builtin_cpu_supports("avx512bitalg") && __builtin_cpu_supports("vpclmulqdq")
    && __builtin_cpu_supports("gfni");
  const std::pair<bool, level> known[] = {
    {sse4, level::sse4}, {avx2, level::avx2}, {avx512, level::avx512}, {avx512dl, level::avx512dl}};
  for (const auto& [runs, named] : known) {
    if (runs) {
      found.push_back(named);
    }
  }
#elif defined(CELLARD_HIGHWAY) && defined(__aarch64__)
  found.push_back(level::neon);
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
