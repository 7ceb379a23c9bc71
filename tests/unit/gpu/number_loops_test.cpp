// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Every level against the scalar one: lengths around the widths of vectors, places that are not
// aligned, all values of the small types, floats of every exponent.
#include "gpu/host/number_loops.hpp"

#include "tests/unit/gpu/levels.hpp"

#include <boost/test/unit_test.hpp>

#include <bit>
#include <cmath>
#include <cstring>
#include <random>
#include <vector>

namespace {

using namespace cellard;
using gpu::host::level;
using tests::every_level;

constexpr std::array types{core::dtype::f32, core::dtype::f16, core::dtype::bf16,
                           core::dtype::f8e4m3};

std::vector<std::byte> random_bytes(std::size_t size) {
  std::mt19937 random(3);
  std::vector<std::byte> bytes(size);
  for (auto& each : bytes) {
    each = static_cast<std::byte>(random());
  }
  return bytes;
}

bool same_or_both_nan(float left, float right) {
  return (std::isnan(left) && std::isnan(right))
         || std::bit_cast<std::uint32_t>(left) == std::bit_cast<std::uint32_t>(right);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(number_loops)

BOOST_DATA_TEST_CASE(widening_is_the_scalar_one, every_level(), loops) {
  // 65,536 values of two bytes are all that there are; as one byte they come many times.
  std::vector<std::byte> bytes(1 + 2 * 65536);
  for (unsigned i = 0; i < 65536; ++i) {
    const auto value = static_cast<std::uint16_t>(i);
    std::memcpy(bytes.data() + 1 + 2 * i, &value, 2);
  }
  for (const core::dtype type : types) {
    const std::size_t count = (bytes.size() - 1) / core::element_bytes(type);
    std::vector<float> wanted(count);
    std::vector<float> seen(count);
    gpu::host::number_loops_of(level::scalar).widen(type, bytes.data() + 1, count, wanted.data());
    gpu::host::number_loops_of(loops).widen(type, bytes.data() + 1, count, seen.data());
    for (std::size_t i = 0; i < count; ++i) {
      BOOST_TEST_REQUIRE(same_or_both_nan(wanted[i], seen[i]), core::to_string(type)
                                                                 << " value " << i);
    }
  }
}

BOOST_DATA_TEST_CASE(narrowing_is_the_scalar_one, every_level(), loops) {
  std::vector<float> values;
  std::mt19937 random(4);
  for (int i = 0; i < 300000; ++i) {
    // Half of them within the range of the small types, where rounding has most to decide.
    const auto bits = static_cast<std::uint32_t>(random());
    values.push_back(i % 2 == 0 ? std::bit_cast<float>(bits)
                                : std::ldexp(static_cast<float>(bits) - 0x1p31F,
                                             -30 - static_cast<int>(random() % 32)));
  }
  for (const core::dtype type : types) {
    const std::size_t width = core::element_bytes(type);
    std::vector<std::byte> wanted(1 + values.size() * width);
    std::vector<std::byte> seen(wanted.size());
    gpu::host::number_loops_of(level::scalar)
      .narrow(type, values.data(), values.size(), wanted.data() + 1);
    gpu::host::number_loops_of(loops).narrow(type, values.data(), values.size(), seen.data() + 1);
    for (std::size_t i = 0; i < values.size(); ++i) {
      BOOST_TEST_REQUIRE(
        (std::isnan(values[i])
         || std::memcmp(wanted.data() + 1 + i * width, seen.data() + 1 + i * width, width) == 0),
        core::to_string(type) << " of " << values[i]);
    }
    std::vector<float> back(values.size());
    gpu::host::number_loops_of(loops).widen(type, seen.data() + 1, values.size(), back.data());
    for (std::size_t i = 0; i < values.size(); ++i) {
      BOOST_TEST_REQUIRE(std::isnan(values[i]) == std::isnan(back[i]));
    }
  }
}

BOOST_DATA_TEST_CASE(every_length_stops_where_it_should, every_level(), loops) {
  const auto bytes = random_bytes(4 * 100);
  const auto& table = gpu::host::number_loops_of(loops);
  for (const core::dtype type : types) {
    const std::size_t width = core::element_bytes(type);
    for (std::size_t count = 0; count < 70; ++count) {
      // Exactly as large as they may be, so that the address sanitizer sees a step too far.
      const std::vector<std::byte> from(bytes.begin(),
                                        bytes.begin() + static_cast<std::ptrdiff_t>(count * width));
      std::vector<float> wide(count);
      std::vector<std::byte> to(count * width);
      table.widen(type, from.data(), count, wide.data());
      table.narrow(type, wide.data(), count, to.data());
      for (std::size_t i = 0; i < count; ++i) {
        BOOST_TEST_REQUIRE(
          (std::isnan(wide[i])
           || std::memcmp(from.data() + i * width, to.data() + i * width, width) == 0));
      }
    }
  }
}

BOOST_DATA_TEST_CASE(one_value_that_is_not_finite_is_seen_anywhere, every_level(), loops) {
  const auto& table = gpu::host::number_loops_of(loops);
  constexpr std::size_t count = 200;
  for (const core::dtype type : types) {
    const std::size_t width = core::element_bytes(type);
    const std::vector<float> finite(count, 1.5F);
    std::vector<std::byte> bytes(1 + count * width);
    for (std::size_t place = 0; place < count; ++place) {
      table.narrow(type, finite.data(), count, bytes.data() + 1);
      BOOST_TEST_REQUIRE(table.all_finite(type, bytes.data() + 1, count));
      const float nan = std::nanf("");
      table.narrow(type, &nan, 1, bytes.data() + 1 + place * width);
      BOOST_TEST_REQUIRE(!table.all_finite(type, bytes.data() + 1, count));
      BOOST_TEST_REQUIRE(table.all_finite(type, bytes.data() + 1, place));
      if (type != core::dtype::f8e4m3) {  // it has no infinity
        const float infinite = -INFINITY;
        table.narrow(type, &infinite, 1, bytes.data() + 1 + place * width);
        BOOST_TEST_REQUIRE(!table.all_finite(type, bytes.data() + 1, count));
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
