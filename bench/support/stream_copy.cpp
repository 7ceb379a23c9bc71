// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "bench/support/stream_copy.hpp"

#include <cstdint>

#include <hwy/cache_control.h>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "bench/support/stream_copy.cpp"  // NOLINT(readability-identifier-naming)
// clang-format off: foreach_target.h has to stand before highway.h
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace cellard::bench::HWY_NAMESPACE {

// One load, one store, sixteen times in a row is the fastest plain loop found: four loads and then
// four stores is 5 % slower.
void stream(std::uint8_t* to, const std::uint8_t* from, std::size_t size) {
  namespace hn = hwy::HWY_NAMESPACE;
  const hn::ScalableTag<std::uint8_t> octets;
  const std::size_t step = hn::Lanes(octets);
  for (std::size_t at = 0; at < size; at += 16 * step) {
    HWY_UNROLL(16)
    for (std::size_t i = 0; i < 16; ++i) {
      hn::Stream(hn::LoadU(octets, from + at + i * step), octets, to + at + i * step);
    }
  }
  hwy::FlushStream();
}

}  // namespace cellard::bench::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cellard::bench {

HWY_EXPORT(stream);

void stream_copy(std::byte* to, const std::byte* from, std::size_t size) {
  HWY_DYNAMIC_DISPATCH(stream)
  (reinterpret_cast<std::uint8_t*>(to), reinterpret_cast<const std::uint8_t*>(from), size);
}

}  // namespace cellard::bench
#endif
