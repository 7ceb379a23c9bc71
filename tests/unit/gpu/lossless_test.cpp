// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "gpu/host/lossless.hpp"

#include "gpu/numbers.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstring>
#include <random>

using namespace cellard;
using namespace cellard::gpu;
using host::lossless_codec;

namespace {

using enum lossless_codec::strength;
constexpr std::array types{core::dtype::f32, core::dtype::f16, core::dtype::bf16,
                           core::dtype::f8e4m3};

segment shape_of(core::dtype type, std::uint32_t tokens, std::uint32_t heads, std::uint32_t dim) {
  segment shape;
  shape.type = type;
  shape.tokens = tokens;
  shape.heads = heads;
  shape.dim = dim;
  return shape;
}

/// Every bit pattern alike: not a number, infinite, subnormal, all of them.
std::vector<std::byte> noise(const segment& shape, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<std::byte> out(shape.raw_bytes());
  std::generate(out.begin(), out.end(), [&] { return static_cast<std::byte>(random()); });
  return out;
}

/// As keys are: a normal distribution, some zeros, a few values far outside.
std::vector<std::byte> keys(const segment& shape, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<std::byte> out(shape.raw_bytes());
  for (std::size_t i = 0; i < shape.count(); ++i) {
    const float value = i % 97 == 0 ? 0 : i % 1001 == 0 ? 1e-7F : normal(random);
    const std::uint32_t f32 = std::bit_cast<std::uint32_t>(value);
    const std::uint16_t half =
      shape.type == core::dtype::f16 ? float_to_f16(value) : float_to_bf16(value);
    const std::uint8_t eighth = float_to_f8e4m3(value);
    const std::size_t size = core::element_bytes(shape.type);
    std::memcpy(out.data() + i * size,
                size == 4   ? static_cast<const void*>(&f32)
                : size == 2 ? static_cast<const void*>(&half)
                            : &eighth,
                size);
  }
  return out;
}

std::vector<std::byte> encoded(const lossless_codec& codec, const segment& shape,
                               std::span<const std::byte> raw) {
  scratch work;
  std::vector<std::byte> out(codec.bound(shape));
  const auto size = codec.encode(shape, raw, out, work);
  BOOST_TEST_REQUIRE(size.has_value());
  out.resize(*size);
  return out;
}

core::result<std::vector<std::byte>> decoded(const lossless_codec& codec, const segment& shape,
                                             std::span<const std::byte> bytes, token_range wanted) {
  scratch work;
  std::vector<std::byte> out(wanted.count * shape.channels() * core::element_bytes(shape.type));
  CELLARD_TRY(codec.decode(shape, bytes, wanted, out, work));
  return out;
}

double bits_per_value(core::dtype type, lossless_codec::strength how) {
  const segment shape = shape_of(type, 256, 8, 128);
  const auto raw = keys(shape, 1);
  const auto size = encoded(lossless_codec(how, host::best_level()), shape, raw).size();
  return static_cast<double>(size) * 8 / static_cast<double>(shape.count());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(lossless)

BOOST_AUTO_TEST_CASE(every_bit_comes_back_on_every_level_and_all_write_the_same) {
  for (const auto type : types) {
    for (const auto how : {nibbles, rans}) {
      for (const std::uint32_t tokens : {1U, 3U, 100U, 257U}) {
        const segment shape = shape_of(type, tokens, 3, 131);
        for (const auto& raw : {keys(shape, tokens), noise(shape, tokens),
                                std::vector<std::byte>(shape.raw_bytes())}) {
          const lossless_codec plain(how, host::level::scalar);
          const auto bytes = encoded(plain, shape, raw);
          for (const auto loops : host::supported_levels()) {
            BOOST_TEST_CONTEXT(to_string(type) << " " << plain.name() << " " << to_string(loops)
                                               << ", " << tokens << " tokens") {
              const lossless_codec codec(how, loops);
              BOOST_TEST((encoded(codec, shape, raw) == bytes));
              const auto back = decoded(codec, shape, bytes, {0, tokens});
              BOOST_TEST_REQUIRE(back.has_value());
              BOOST_TEST((*back == raw));
            }
          }
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_range_of_tokens_is_that_part_of_the_whole) {
  for (const auto type : types) {
    for (const auto how : {nibbles, rans}) {
      const segment shape = shape_of(type, 300, 4, 127);  // two chunks and a bit
      const auto raw = keys(shape, 4);
      const lossless_codec codec(how, host::best_level());
      const auto bytes = encoded(codec, shape, raw);
      const std::size_t token = raw.size() / shape.tokens;
      for (const token_range wanted : {token_range{0, 0}, token_range{0, 1}, token_range{299, 1},
                                       token_range{128, 3}, token_range{100, 200}}) {
        const auto back = decoded(codec, shape, bytes, wanted);
        BOOST_TEST_REQUIRE(back.has_value());
        BOOST_TEST(std::equal(back->begin(), back->end(),
                              raw.begin() + static_cast<std::ptrdiff_t>(wanted.first * token)));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(exponents_are_as_small_as_they_can_be) {
  BOOST_TEST(bits_per_value(core::dtype::bf16, nibbles) < 12.05);
  BOOST_TEST(bits_per_value(core::dtype::bf16, rans) < 10.8);
  BOOST_TEST(bits_per_value(core::dtype::f16, nibbles) < 13.8);
  BOOST_TEST(bits_per_value(core::dtype::f32, nibbles) < 28.05);
  BOOST_TEST(bits_per_value(core::dtype::f8e4m3, rans) < 7);
}

BOOST_AUTO_TEST_CASE(noise_grows_by_one_byte_only) {
  for (const auto type : types) {
    for (const auto how : {nibbles, rans}) {
      const segment shape = shape_of(type, 40, 2, 64);
      BOOST_TEST(encoded(lossless_codec(how, host::best_level()), shape, noise(shape, 2)).size()
                 <= shape.raw_bytes() + 1);
    }
  }
}

BOOST_AUTO_TEST_CASE(damage_is_an_error_or_other_values_and_the_same_on_every_level) {
  std::mt19937 random(7);
  for (const auto type : types) {
    for (const auto how : {nibbles, rans}) {
      const segment shape = shape_of(type, 140, 4, 128);
      const auto raw = keys(shape, 3);
      const auto bytes = encoded(lossless_codec(how, host::level::scalar), shape, raw);
      for (int i = 0; i < 60; ++i) {
        auto damaged = bytes;
        if (i % 2 == 0) {
          damaged.resize(random() % bytes.size());
        }
        for (int k = 0; k < i % 7 && !damaged.empty(); ++k) {
          // Half of the damage at the front, where lengths and tables are.
          const std::size_t at = random() % (k % 2 == 0 ? damaged.size() : 64) % damaged.size();
          damaged[at] = static_cast<std::byte>(random());
        }
        const token_range wanted{static_cast<std::uint32_t>(random() % 100), 40};
        const auto plain =
          decoded(lossless_codec(how, host::level::scalar), shape, damaged, wanted);
        BOOST_TEST((plain || plain.error().code() == core::errc::corrupt));
        BOOST_TEST((i % 2 != 0 || !plain));  // what is cut off is missed
        for (const auto loops : host::supported_levels()) {
          const auto back = decoded(lossless_codec(how, loops), shape, damaged, wanted);
          BOOST_TEST_REQUIRE(back.has_value() == plain.has_value());
          BOOST_TEST((!plain || *back == *plain));
        }
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
