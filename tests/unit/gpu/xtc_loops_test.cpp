// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Every level gives the bits of the plain loops, in all sizes around those of a vector and of a
// block of tokens, and also for numbers that no encoder writes.
#include "gpu/host/xtc_loops.hpp"

#include "tests/unit/gpu/levels.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <cstring>
#include <random>
#include <vector>

namespace {

using namespace cellard;
using gpu::host::xtc_loops_of;
using gpu::host::xtc_scalar;

constexpr std::size_t sizes[] = {1, 2, 3, 7, 8, 15, 16, 17, 31, 32, 33, 65};
constexpr std::size_t token_counts[] = {1, 5, 6, 7, 13};

template <class T>
std::vector<T> some(std::size_t count, unsigned seed, double most) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> of(-most, most);
  std::vector<T> out(count);
  for (T& each : out) {
    each = static_cast<T>(of(random));
  }
  return out;
}

bool same_bits(const std::vector<float>& one, const std::vector<float>& other) {
  return std::memcmp(one.data(), other.data(), one.size() * sizeof(float)) == 0;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(xtc_levels)

BOOST_DATA_TEST_CASE(scaling_is_the_same, tests::every_level(), loops) {
  for (const std::size_t count : sizes) {
    auto values = some<float>(count, 1, 9);
    auto plain = values;
    const auto means = some<float>(count, 2, 3);
    const auto inverses = some<float>(count, 3, 2);
    xtc_loops_of(loops).scale(means.data(), inverses.data(), count, values.data());
    xtc_scalar.scale(means.data(), inverses.data(), count, plain.data());
    BOOST_TEST(same_bits(values, plain));
  }
}

BOOST_DATA_TEST_CASE(turning_is_the_same, tests::every_level(), loops) {
  for (const std::size_t channels : sizes) {
    for (const std::size_t kept : {std::size_t{1}, channels / 2 + 1, channels}) {
      for (const std::size_t tokens : token_counts) {
        const std::size_t stride = channels + 3;
        const auto values = some<float>(tokens * stride, 4, 5);
        const auto wide = some<float>(channels * kept, 5, 4096);
        std::vector<float> out(tokens * kept);
        auto plain = out;
        xtc_loops_of(loops).forward(values.data(), stride, tokens, wide.data(), channels, kept,
                                    out.data());
        xtc_scalar.forward(values.data(), stride, tokens, wide.data(), channels, kept,
                           plain.data());
        BOOST_TEST(same_bits(out, plain), channels << " channels, " << kept << " kept");
      }
    }
  }
}

BOOST_DATA_TEST_CASE(rounding_is_the_same, tests::every_level(), loops) {
  for (const std::size_t count : sizes) {
    const auto in = some<float>(count, 6, 2000);
    const std::vector<float> offsets(count, 0.35F);
    std::vector<std::int16_t> out(count);
    auto plain = out;
    BOOST_TEST(xtc_loops_of(loops).round(in.data(), count, 1, offsets.data(), out.data()));
    BOOST_TEST(xtc_scalar.round(in.data(), count, 1, offsets.data(), plain.data()));
    BOOST_TEST((out == plain));
  }
}

BOOST_DATA_TEST_CASE(what_is_too_large_or_no_number_is_seen_anywhere, tests::every_level(), loops) {
  constexpr std::size_t count = 35;
  for (const float bad : {2047.75F, -1e30F, INFINITY, NAN}) {
    for (std::size_t at = 0; at < count; ++at) {
      std::vector<float> in(count, -2047.5F);
      const std::vector<float> offsets(count, 0.35F);
      std::vector<std::int16_t> out(count);
      BOOST_TEST(xtc_loops_of(loops).round(in.data(), count, 1, offsets.data(), out.data()));
      BOOST_TEST((out == std::vector<std::int16_t>(count, -2047)));
      in[at] = bad;
      BOOST_TEST(!xtc_loops_of(loops).round(in.data(), count, 1, offsets.data(), out.data()));
    }
  }
}

BOOST_DATA_TEST_CASE(turning_back_is_the_same, tests::every_level(), loops) {
  for (const std::size_t channels : sizes) {
    for (const std::size_t pairs : {std::size_t{0}, std::size_t{1}, (channels + 1) / 2}) {
      for (const std::size_t tokens : token_counts) {
        // Full int16 numbers: sums leave int32, and come back modulo 2^32 everywhere.
        const auto numbers = some<std::int16_t>(tokens * 2 * pairs, 7, 32768.9);
        const auto basis = some<std::int16_t>(2 * pairs * channels, 8, 4096);
        const auto factors = some<float>(channels, 9, 1);
        const auto means = some<float>(channels, 10, 1);
        const std::size_t stride = channels + 1;
        std::vector<float> out(tokens * stride, 7);
        auto plain = out;
        xtc_loops_of(loops).inverse(numbers.data(), 2 * pairs, tokens, basis.data(), channels,
                                    pairs, factors.data(), means.data(), out.data(), stride);
        xtc_scalar.inverse(numbers.data(), 2 * pairs, tokens, basis.data(), channels, pairs,
                           factors.data(), means.data(), plain.data(), stride);
        BOOST_TEST(same_bits(out, plain), channels << " channels, " << pairs << " pairs");
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
