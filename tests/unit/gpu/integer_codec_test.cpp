// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The integer codecs against what they promise a value: half a step of its channel or of its head,
// with steps worked out here in double. What holds for every codec is in tests/conformance.
#include "gpu/host/integer_codec.hpp"

#include "tests/unit/gpu/levels.hpp"
#include "tests/unit/gpu/one_segment.hpp"

#include <boost/test/unit_test.hpp>

#include <random>

namespace {

using namespace cellard;
using namespace gpu::host;
using namespace tests;
using gpu::side;

constexpr std::array every_bits{2U, 3U, 4U, 5U, 6U, 8U};

/// Channels of different means and sizes, as keys have.
std::vector<float> numbers(const gpu::segment& shape, float size) {
  std::mt19937 random(12);
  std::normal_distribution<float> normal;
  std::vector<float> out(shape.count());
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto channel = static_cast<float>(i % shape.channels());
    out[i] = size * (normal(random) * (1 + std::fmod(channel, 5.0F)) + std::sin(channel));
  }
  return out;
}

/// The group's range, from its values: of the same channel in the tile, or of the same head.
double range_of(const std::vector<float>& raw, const gpu::segment& shape, std::uint32_t token,
                std::size_t channel, bool symmetric) {
  double least = 1e300;
  double most = -1e300;
  const auto take = [&](std::size_t at) {
    least = std::min<double>(least, raw[at]);
    most = std::max<double>(most, raw[at]);
  };
  if (shape.what == side::keys) {  // one tile
    for (std::size_t row = 0; row < shape.tokens; ++row) {
      take(row * shape.channels() + channel);
    }
  } else {
    const std::size_t head = channel / shape.dim * shape.dim;
    for (std::size_t i = 0; i < shape.dim; ++i) {
      take(token * shape.channels() + head + i);
    }
  }
  return symmetric ? std::max(most, -least) : most - least;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(integer_codecs)

BOOST_AUTO_TEST_CASE(a_value_is_off_by_half_a_step_at_most) {
  for (const side what : {side::keys, side::values}) {
    for (const unsigned bits : every_bits) {
      for (const float size : {1.0F, 1e6F, 1e-7F, 1e20F}) {
        const integer_codec codec(bits, level::scalar);
        const auto shape = shape_of(what, 33, 3, 10);
        const auto raw = numbers(shape, size);
        const auto back = decoded(codec, shape, encoded(codec, shape, raw));
        const bool symmetric = bits == 8;
        const double top = symmetric ? 127 : (1U << bits) - 1;
        for (std::size_t i = 0; i < raw.size(); ++i) {
          const std::size_t channel = i % shape.channels();
          const auto token = static_cast<std::uint32_t>(i / shape.channels());
          const double range = range_of(raw, shape, token, channel, symmetric);
          // The least value is rounded down to an f16 (2^-11 of it), the scale up.
          const double half = (range + std::abs(double{raw[i]}) * 0x1p-10) / top / 2 * 1.002;
          BOOST_TEST(std::abs(double{raw[i]} - back[i]) <= half,
                     codec.name() << " value " << i << ": " << raw[i] << " became " << back[i]);
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(keys_are_quantised_before_their_rotation) {
  // A channel that is constant before rotation costs no code: after decoding it is exact but for
  // rotating back and forth.
  core::rope_descriptor how;
  how.rotary_dim = 8;
  how.theta = 10000;
  const gpu::rope_table table(how, 100, 64);
  auto shape = shape_of(side::keys, 64, 2, 8);
  std::vector<float> raw(shape.count());
  for (std::size_t i = 0; i < raw.size(); ++i) {
    raw[i] = static_cast<float>(i % 8) - 3.5F;
  }
  rope_loops_of(level::scalar).rotate(table, {0, 64}, 2, 8, raw.data());
  const integer_codec codec(2, level::scalar);
  const auto worst = [&] {
    const auto back = decoded(codec, shape, encoded(codec, shape, raw));
    float most = 0;
    for (std::size_t i = 0; i < raw.size(); ++i) {
      most = std::max(most, std::abs(raw[i] - back[i]));
    }
    return most;
  };
  BOOST_TEST(worst() > 0.1F);
  shape.rope = &table;
  BOOST_TEST(worst() < 1e-3F);
}

BOOST_AUTO_TEST_CASE(the_largest_halves_do_not_become_infinite) {
  // 65504 / 127 is rounded up to 516, and 127 * 516 is beyond float16.
  for (const unsigned bits : every_bits) {
    const integer_codec codec(bits, level::scalar);
    auto shape = shape_of(side::values, 1, 1, 4);
    shape.type = core::dtype::f16;
    const std::array<std::uint16_t, 4> raw{0x7bff, 0xfbff, 0x7bff, 0x0000};
    gpu::scratch work;
    std::vector<std::byte> bytes(codec.bound(shape));
    const auto size = codec.encode(shape, std::as_bytes(std::span(raw)), bytes, work);
    BOOST_TEST_REQUIRE(size.has_value());
    std::array<std::uint16_t, 4> back{};
    BOOST_TEST_REQUIRE(codec
                         .decode(shape, std::span(bytes).first(*size), {0, 1},
                                 std::as_writable_bytes(std::span(back)), work)
                         .has_value());
    BOOST_TEST(back[0] == raw[0]);
    BOOST_TEST(back[1] == raw[1]);
  }
}

BOOST_AUTO_TEST_CASE(tiles_are_even_and_their_parts_follow_each_other) {
  for (const side what : {side::keys, side::values}) {
    for (const std::uint32_t tokens : {1U, 127U, 256U, 257U, 383U, 384U, 512U, 1000U, 65536U}) {
      const auto shape = shape_of(what, tokens, 3, 5);
      const integer_tiles tiles(shape, {4, step_storage::f16, false});
      std::uint32_t next = 0;
      std::size_t at = integer_head::bytes;
      for (std::uint32_t i = 0; i < tiles.count(); ++i) {
        const auto tile = tiles.at(i);
        BOOST_TEST(tile.first == next);
        BOOST_TEST(tile.tokens <= 384U);
        BOOST_TEST((tile.tokens >= 128U || tokens < 128U));
        BOOST_TEST(tile.scales == at);
        BOOST_TEST(tile.leasts == tile.scales + 2 * tile.groups);
        BOOST_TEST(tile.codes == tile.leasts + 2 * tile.groups);
        BOOST_TEST(tile.groups == (what == side::keys ? 15U : 3U * tile.tokens));
        at = tile.codes + tile.tokens * tiles.row_bytes();
        next += tile.tokens;
      }
      BOOST_TEST(next == tokens);
      BOOST_TEST(tiles.bytes() == at);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_size_is_what_codecs_md_promises) {
  for (const side what : {side::keys, side::values}) {
    auto shape = shape_of(what, 256, 8, 128);
    shape.type = core::dtype::f16;
    const auto bits_a_value = [&](std::uint8_t bits) {
      return 8.0
             * static_cast<double>(integer_tiles(shape, {bits, step_storage::f16, false}).bytes())
             / static_cast<double>(shape.count());
    };
    BOOST_TEST(bits_a_value(8) <= (what == side::keys ? 8.07 : 8.13));
    BOOST_TEST(bits_a_value(4) <= (what == side::keys ? 4.13 : 4.26));
  }
}

BOOST_AUTO_TEST_CASE(any_of_the_asymmetric_codecs_reads_the_others) {
  const auto shape = shape_of(side::values, 5, 2, 9);
  const auto raw = numbers(shape, 1);
  const integer_codec six(6, level::scalar);
  const integer_codec two(2, level::scalar);
  const auto bytes = encoded(six, shape, raw);
  BOOST_TEST((decoded(two, shape, bytes) == decoded(six, shape, bytes)));
}

BOOST_AUTO_TEST_CASE(what_it_cannot_keep_is_refused_by_name) {
  gpu::scratch work;
  const integer_codec codec(4, level::scalar);
  auto shape = shape_of(side::keys, 2, 1, 2);
  shape.layer = 7;
  std::vector<std::byte> out(codec.bound(shape));
  const auto sentence = [&](const gpu::segment& of, std::vector<float> raw) {
    const auto done = codec.encode(of, std::as_bytes(std::span(raw)), out, work);
    BOOST_TEST_REQUIRE(!done.has_value());
    BOOST_TEST((done.error().code() == core::errc::invalid_argument));
    return done.error().context();
  };
  BOOST_TEST(sentence(shape, {1, 2, INFINITY, 4}).find("keys of layer 7") == 0U);
  BOOST_TEST(sentence(shape, {1, 2, 1e38F, 4}).find("2^120") != std::string::npos);
  core::rope_descriptor how;
  how.rotary_dim = 4;
  how.theta = 10000;
  const gpu::rope_table wide(how, 0, 2);
  shape.rope = &wide;
  BOOST_TEST(sentence(shape, {1, 2, 3, 4}).find("4 channels does not fit") != std::string::npos);
  shape.rope = nullptr;
  shape.type = core::dtype::opaque;
  BOOST_TEST(sentence(shape, {1, 2, 3, 4}).find("the layout is opaque") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(keys_without_their_rotation_are_not_decoded) {
  core::rope_descriptor how;
  how.rotary_dim = 4;
  how.theta = 10000;
  const gpu::rope_table table(how, 0, 3);
  auto shape = shape_of(side::keys, 3, 1, 4);
  shape.rope = &table;
  const integer_codec codec(4, level::scalar);
  const auto bytes = encoded(codec, shape, numbers(shape, 1));
  shape.rope = nullptr;
  gpu::scratch work;
  std::vector<std::byte> out(shape.raw_bytes());
  const auto done = codec.decode(shape, bytes, {0, 3}, out, work);
  BOOST_TEST_REQUIRE(!done.has_value());
  BOOST_TEST((done.error().code() == core::errc::corrupt));
}

BOOST_AUTO_TEST_CASE(the_low_bits_of_a_damaged_scale_count_on_no_level) {
  // Tiny values have f32 scales; with more bits their product with a code would not be exact.
  const auto shape = shape_of(side::keys, 9, 1, 33);
  const auto raw = numbers(shape, 0x1p-40F);
  for (const auto level : supported_levels()) {
    for (const auto bits : every_bits) {
      const integer_codec codec(bits, level);
      auto bytes = encoded(codec, shape, raw);
      const auto good = decoded(codec, shape, bytes);
      BOOST_TEST_REQUIRE((bytes[1] != std::byte{}));  // the flag of f32 steps
      for (std::size_t channel = 0; channel < shape.channels(); ++channel) {
        bytes[integer_head::bytes + 4 * channel] ^= std::byte{0x55};
      }
      BOOST_TEST((decoded(codec, shape, bytes) == good));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
