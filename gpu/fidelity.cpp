// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "gpu/fidelity.hpp"

#include "gpu/numbers.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace cellard::gpu {
namespace {

template <class Bits, class Widen>
fidelity compare(std::span<const std::byte> original, std::span<const std::byte> decoded,
                 Widen widen) {
  double difference = 0;
  double whole = 0;
  float apart = 0;
  float most = 0;
  for (std::size_t at = 0; at < original.size(); at += sizeof(Bits)) {
    Bits before;
    Bits after;
    std::memcpy(&before, original.data() + at, sizeof(Bits));
    std::memcpy(&after, decoded.data() + at, sizeof(Bits));
    const float was = widen(before);
    const float off = widen(after) - was;
    difference += static_cast<double>(off) * static_cast<double>(off);
    whole += static_cast<double>(was) * static_cast<double>(was);
    apart = std::max(apart, std::abs(off));
    most = std::max(most, std::abs(was));
  }
  constexpr float infinite = std::numeric_limits<float>::infinity();
  if (!std::isfinite(difference) || !std::isfinite(whole)) {
    return {infinite, infinite};
  }
  if (difference == 0) {
    return {0, 0};
  }
  return whole == 0 ? fidelity{infinite, infinite}
                    : fidelity{static_cast<float>(std::sqrt(difference / whole)), apart / most};
}

}  // namespace

fidelity measure(core::dtype type, std::span<const std::byte> original,
                 std::span<const std::byte> decoded) {
  if (original.empty() || std::memcmp(original.data(), decoded.data(), original.size()) == 0) {
    return {};
  }
  switch (type) {
  case core::dtype::f16:
    return compare<std::uint16_t>(original, decoded, f16_to_float);
  case core::dtype::bf16:
    return compare<std::uint16_t>(original, decoded, bf16_to_float);
  case core::dtype::f8e4m3:
    return compare<std::uint8_t>(original, decoded, f8e4m3_to_float);
  default:
    return compare<float>(original, decoded, [](float value) { return value; });
  }
}

}  // namespace cellard::gpu
