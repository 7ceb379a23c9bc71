// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The emulator converts small floats by gpu/numbers.hpp, a device by CUDA's functions. CUDA's
// headers have the same functions for the host, and promise the same results: they are compared
// here, without a device. Only of finite numbers, which is all that a codec converts.
#include "gpu/numbers.hpp"

#include <boost/test/unit_test.hpp>

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_fp8.h>

#include <bit>
#include <cmath>
#include <cstdint>

namespace {

using namespace cellard::gpu;

std::uint16_t bits_of(__half value) {
  return std::bit_cast<std::uint16_t>(value);
}

/// Floats at and beside each f16, bf16 and f8, halfway between them, and every 4099th of all.
template <class Visit>
void each_float(Visit&& visit) {
  const auto around = [&](float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    for (const std::uint32_t near : {bits - 1, bits, bits + 1}) {
      if (std::isfinite(std::bit_cast<float>(near))) {
        visit(std::bit_cast<float>(near));
      }
    }
  };
  for (std::uint32_t i = 0; i < 0x7c00; ++i) {
    const float here = f16_to_float(static_cast<std::uint16_t>(i));
    const float next = f16_to_float(static_cast<std::uint16_t>(i + 1));
    for (const float sign : {1.0F, -1.0F}) {
      around(sign * here);
      around(sign * (here + (std::isinf(next) ? 16.0F : (next - here) / 2)));
    }
  }
  for (std::uint64_t i = 0; i <= UINT32_MAX; i += 4099) {
    around(std::bit_cast<float>(static_cast<std::uint32_t>(i)));
    around(std::bit_cast<float>(static_cast<std::uint32_t>(i & ~0x7fffULL)));
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(conversions)

BOOST_AUTO_TEST_CASE(rounding_is_that_of_the_device) {
  std::uint64_t different = 0;
  each_float([&](float value) {
    bool same =
      float_to_f16(value) == bits_of(__float2half_rn(value))
      && float_to_bf16(value) == std::bit_cast<std::uint16_t>(__float2bfloat16_rn(value))
      && float_to_f8e4m3(value) == __nv_cvt_float_to_fp8(value, __NV_SATFINITE, __NV_E4M3);
    if (value >= 0) {
      same = same && float_to_f16_up(value) == bits_of(__float2half_ru(value));
    }
    // -0 is no least value: integer_step adds 0 first.
    if (std::bit_cast<std::uint32_t>(value) != 0x80000000U) {
      same = same && float_to_f16_down(value) == bits_of(__float2half_rd(value));
    }
    if (!same) {
      ++different;
      BOOST_TEST_MESSAGE("differs at " << value);
    }
  });
  BOOST_TEST(different == 0U);
}

BOOST_AUTO_TEST_CASE(widening_is_that_of_the_device) {
  for (std::uint32_t i = 0; i <= 0xffff; ++i) {
    const auto bits = static_cast<std::uint16_t>(i);
    const auto same = [](float a, float b) {
      return std::isnan(a) ? std::isnan(b)
                           : std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b);
    };
    BOOST_TEST_REQUIRE(same(f16_to_float(bits), __half2float(std::bit_cast<__half>(bits))));
    BOOST_TEST_REQUIRE(
      same(bf16_to_float(bits), __bfloat162float(std::bit_cast<__nv_bfloat16>(bits))));
    if (i <= 0xff) {
      const auto byte = static_cast<std::uint8_t>(i);
      const __half half(__nv_cvt_fp8_to_halfraw(byte, __NV_E4M3));
      BOOST_TEST_REQUIRE(same(f8e4m3_to_float(byte), __half2float(half)));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
