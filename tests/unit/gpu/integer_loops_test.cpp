// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Packed codes as docs/codec-format.md draws them, and every loop of every level against the scalar
// one. Buffers are exactly as large as they may be, so that the address sanitizer sees a step too
// far.
#include "gpu/host/integer_loops.hpp"

#include "gpu/host/number_loops.hpp"
#include "tests/unit/gpu/levels.hpp"

#include <boost/test/unit_test.hpp>

#include <random>

namespace {

using namespace cellard;
using namespace gpu::host;
using tests::every_level;

constexpr std::array<std::size_t, 9> lengths{1, 2, 5, 16, 17, 40, 128, 129, 1000};

std::vector<std::int8_t> random_codes(std::size_t count, unsigned bits) {
  std::mt19937 random(static_cast<unsigned>(count) + bits);
  std::vector<std::int8_t> codes(count);
  for (auto& each : codes) {
    each = static_cast<std::int8_t>(random() & ((1U << bits) - 1));
  }
  return codes;
}

std::vector<std::byte> random_numbers(core::dtype type, std::size_t count) {
  std::mt19937 random(9);
  std::normal_distribution<float> normal(0.5F, 3);
  std::vector<float> wide(count);
  for (auto& each : wide) {
    each = normal(random);
  }
  std::vector<std::byte> out(count * core::element_bytes(type));
  number_loops_of(level::scalar).narrow(type, wide.data(), count, out.data());
  return out;
}

unsigned bits_of(std::byte from, unsigned first, unsigned width) {
  return (std::to_integer<unsigned>(from) >> first) & ((1U << width) - 1);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(integer_loops_of_a_level)

BOOST_AUTO_TEST_CASE(nibbles_hold_values_half_a_row_apart) {
  const auto codes = random_codes(10, 4);
  std::vector<std::byte> packed(packed_bytes(4, 10));
  BOOST_TEST_REQUIRE(packed.size() == 5U);
  integer_loops_of(level::scalar).pack[4](codes.data(), 10, packed.data());
  for (unsigned j = 0; j < 5; ++j) {
    BOOST_TEST(bits_of(packed[j], 0, 4) == static_cast<unsigned>(codes[j]));
    BOOST_TEST(bits_of(packed[j], 4, 4) == static_cast<unsigned>(codes[j + 5]));
  }
}

BOOST_AUTO_TEST_CASE(five_bits_are_a_plane_of_nibbles_and_a_plane_of_bits) {
  const auto codes = random_codes(16, 5);
  std::vector<std::byte> packed(packed_bytes(5, 16));
  BOOST_TEST_REQUIRE(packed.size() == 8U + 2U);
  integer_loops_of(level::scalar).pack[5](codes.data(), 16, packed.data());
  for (unsigned i = 0; i < 16; ++i) {
    const unsigned low = bits_of(packed[i % 8], i / 8 * 4, 4);
    const unsigned high = bits_of(packed[8 + i % 2], i / 2, 1);
    BOOST_TEST(low + 16 * high == static_cast<unsigned>(codes[i]));
  }
}

BOOST_DATA_TEST_CASE(packing_is_the_scalar_one_and_comes_back, every_level(), loops) {
  for (const std::size_t count : lengths) {
    for (unsigned bits = 2; bits <= 6; ++bits) {
      const auto codes = random_codes(count, bits);
      std::vector<std::byte> wanted(packed_bytes(bits, count));
      std::vector<std::byte> seen(wanted.size());
      integer_loops_of(level::scalar).pack.at(bits)(codes.data(), count, wanted.data());
      integer_loops_of(loops).pack.at(bits)(codes.data(), count, seen.data());
      BOOST_TEST_REQUIRE((wanted == seen), bits << " bits, " << count << " codes");
      std::vector<std::int8_t> back(count, -1);
      integer_loops_of(loops).unpack.at(bits)(seen.data(), count, back.data());
      BOOST_TEST_REQUIRE((back == codes), bits << " bits, " << count << " codes");
    }
  }
}

BOOST_DATA_TEST_CASE(ranges_are_the_scalar_ones, every_level(), loops) {
  for (const core::dtype type :
       {core::dtype::f32, core::dtype::f16, core::dtype::bf16, core::dtype::f8e4m3}) {
    const auto index = static_cast<std::size_t>(type);
    for (const std::size_t dim : lengths) {
      for (const std::size_t rows : {std::size_t{1}, std::size_t{19}}) {
        const auto numbers = random_numbers(type, rows * dim);
        const auto ranges = [&](const integer_loops& table, bool channels) {
          std::vector<float> both(2 * (channels ? dim : rows));
          const auto loop = channels ? table.channel_ranges[index] : table.row_ranges[index];
          loop(numbers.data(), rows, dim, both.data(), both.data() + both.size() / 2);
          return both;
        };
        for (const bool channels : {true, false}) {
          BOOST_TEST_REQUIRE((ranges(integer_loops_of(loops), channels)
                              == ranges(integer_loops_of(level::scalar), channels)),
                             core::to_string(type) << ' ' << rows << " x " << dim);
        }
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
