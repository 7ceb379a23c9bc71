// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The conversions of gpu/numbers.hpp against the meaning of the bits, worked out in double: a small
// float is sign * fraction * 2^exponent, and rounding takes the nearer of its two neighbours.
#include "gpu/numbers.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace {

using namespace cellard::gpu;

/// A type of one sign bit, `exponent_bits` and `fraction_bits`.
struct meaning {
  int exponent_bits;
  int fraction_bits;

  [[nodiscard]] double operator()(unsigned bits) const {
    const int bias = (1 << (exponent_bits - 1)) - 1;
    const unsigned fraction = bits & ((1U << fraction_bits) - 1);
    const int exponent = static_cast<int>((bits >> fraction_bits) & ((1U << exponent_bits) - 1));
    const bool negative = ((bits >> (fraction_bits + exponent_bits)) & 1U) != 0;
    const double whole = exponent == 0 ? fraction : fraction + (1U << fraction_bits);
    const double value = std::ldexp(whole, std::max(exponent, 1) - bias - fraction_bits);
    return negative ? -value : value;
  }
};

constexpr meaning f16{5, 10};
constexpr meaning bf16{8, 7};
constexpr meaning f8e4m3{4, 3};

/// Magnitudes 0 to `last` in rising order are the finite values; nearest, ties to the even one.
/// Beyond the last it is `beyond` from half a step on.
unsigned nearest(meaning type, double value, unsigned last, unsigned beyond) {
  const double magnitude = std::abs(value);
  const unsigned sign = std::signbit(value) ? 1U << (type.exponent_bits + type.fraction_bits) : 0U;
  unsigned low = 0;
  for (unsigned high = last; low < high;) {  // the largest that is not greater
    const unsigned middle = (low + high + 1) / 2;
    if (type(middle) <= magnitude) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  const double half =
    type(low) + (low == last ? type(low) - type(low - 1) : type(low + 1) - type(low)) / 2;
  const bool up = magnitude > half || (magnitude == half && low % 2 == 1);
  return sign | (up ? (low == last ? beyond : low + 1) : low);
}

/// Floats of every exponent, and those around each value of a type where rounding decides.
std::vector<float> interesting(meaning type, unsigned last) {
  std::vector<float> values{0.0F, -0.0F, std::numeric_limits<float>::max(),
                            std::numeric_limits<float>::denorm_min(),
                            std::numeric_limits<float>::infinity()};
  for (unsigned bits = 0; bits < last; ++bits) {
    const auto half = static_cast<float>((type(bits) + type(bits + 1)) / 2);
    values.insert(values.end(), {half, std::nextafter(half, 0.0F), std::nextafter(half, INFINITY)});
  }
  std::mt19937 random(7);
  for (int i = 0; i < 200000; ++i) {
    const float value = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
    if (!std::isnan(value)) {
      values.push_back(value);
    }
  }
  const std::size_t positive = values.size();
  for (std::size_t i = 0; i < positive; ++i) {
    values.push_back(-values[i]);
  }
  return values;
}

bool same(float left, double right) {
  return left == right && std::signbit(left) == std::signbit(right);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(numbers)

BOOST_AUTO_TEST_CASE(all_65536_f16_mean_what_ieee_says) {
  for (unsigned bits = 0; bits < 65536; ++bits) {
    const float value = f16_to_float(static_cast<std::uint16_t>(bits));
    if ((bits & 0x7c00U) != 0x7c00U) {
      BOOST_TEST_REQUIRE(same(value, f16(bits)), "f16 " << bits);
      BOOST_TEST_REQUIRE(float_to_f16(value) == bits);
    } else {
      BOOST_TEST_REQUIRE(((bits & 0x3ffU) == 0 ? std::isinf(value) : std::isnan(value)));
      BOOST_TEST_REQUIRE(std::signbit(value) == ((bits & 0x8000U) != 0));
    }
  }
}

BOOST_AUTO_TEST_CASE(all_65536_bf16_are_the_upper_half_of_a_float) {
  for (unsigned bits = 0; bits < 65536; ++bits) {
    const float value = bf16_to_float(static_cast<std::uint16_t>(bits));
    if ((bits & 0x7f80U) != 0x7f80U) {
      BOOST_TEST_REQUIRE(same(value, bf16(bits)), "bf16 " << bits);
      BOOST_TEST_REQUIRE(float_to_bf16(value) == bits);
    } else {
      BOOST_TEST_REQUIRE(((bits & 0x7fU) == 0 ? std::isinf(value) : std::isnan(value)));
    }
  }
}

BOOST_AUTO_TEST_CASE(all_256_f8e4m3_mean_what_their_paper_says) {
  for (unsigned bits = 0; bits < 256; ++bits) {
    const float value = f8e4m3_to_float(static_cast<std::uint8_t>(bits));
    if ((bits & 0x7fU) == 0x7fU) {
      BOOST_TEST_REQUIRE(std::isnan(value));
    } else {
      BOOST_TEST_REQUIRE(same(value, f8e4m3(bits)), "f8 " << bits);
      BOOST_TEST_REQUIRE(float_to_f8e4m3(value) == bits);
    }
  }
  BOOST_TEST(f8e4m3_to_float(0x7e) == 448.0F);
}

BOOST_AUTO_TEST_CASE(rounding_takes_the_nearest_and_ties_the_even) {
  for (const float value : interesting(f16, 0x7bff)) {
    BOOST_TEST_REQUIRE(float_to_f16(value) == nearest(f16, value, 0x7bff, 0x7c00), value);
  }
  for (const float value : interesting(bf16, 0x7f7f)) {
    BOOST_TEST_REQUIRE(float_to_bf16(value) == nearest(bf16, value, 0x7f7f, 0x7f80), value);
  }
  for (const float value : interesting(f8e4m3, 0x7e)) {
    BOOST_TEST_REQUIRE(float_to_f8e4m3(value) == nearest(f8e4m3, value, 0x7e, 0x7e), value);
  }
}

BOOST_AUTO_TEST_CASE(not_a_number_stays_one) {
  for (const std::uint32_t bits : {0x7f800001U, 0x7fc00000U, 0xffffffffU}) {
    const float nan = std::bit_cast<float>(bits);
    BOOST_TEST(std::isnan(f16_to_float(float_to_f16(nan))));
    BOOST_TEST(std::isnan(bf16_to_float(float_to_bf16(nan))));
    BOOST_TEST(std::isnan(f8e4m3_to_float(float_to_f8e4m3(nan))));
  }
}

BOOST_AUTO_TEST_CASE(up_and_down_are_the_neighbours_on_their_side) {
  std::mt19937 random(8);
  std::vector<float> values{0.0F, 65504.0F, 0x1p-24F, 0x1p-149F, 0x1.8p-24F};
  for (int i = 0; i < 100000; ++i) {
    const float value = std::abs(std::bit_cast<float>(static_cast<std::uint32_t>(random())));
    if (value <= 65504.0F) {
      values.push_back(value);
    }
  }
  for (const float value : values) {
    const unsigned up = float_to_f16_up(value);
    BOOST_TEST_REQUIRE(f16(up) >= value);
    BOOST_TEST_REQUIRE((up == 0 || f16(up - 1) < value));
    for (const float either : {value, -value}) {
      const auto down = float_to_f16_down(either);
      const double next =
        std::signbit(f16_to_float(down)) ? f16(down - (down != 0x8000U ? 1U : 0U)) : f16(down + 1U);
      BOOST_TEST_REQUIRE(f16(down) <= either, either);
      BOOST_TEST_REQUIRE((next > either || down == 0x8000U), either);
    }
  }
}

BOOST_AUTO_TEST_CASE(bf16_rounded_up_is_the_neighbour_on_that_side) {
  for (const float value : interesting(bf16, 0x7f7f)) {
    if (!std::signbit(value) && value <= bf16_to_float(0x7f7f)) {
      const unsigned up = float_to_bf16_up(value);
      BOOST_TEST_REQUIRE(bf16(up) >= value);
      BOOST_TEST_REQUIRE((up == 0 || bf16(up - 1) < value));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
