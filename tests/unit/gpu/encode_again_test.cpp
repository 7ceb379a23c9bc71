// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// A block that is encoded already is encoded once more: what the container says then bounds the
// distance from the raw block, and no bound is broken on the way.
#include "gpu/container_codec.hpp"
#include "gpu/container_reader.hpp"
#include "gpu/host/codecs.hpp"
#include "gpu/numbers.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstring>
#include <random>

namespace {

using namespace cellard;
using bytes = std::vector<std::byte>;

core::layout model() {
  core::layout shape;
  shape.type = core::dtype::f16;
  shape.layers = 2;
  shape.kv_heads = 2;
  shape.head_dim = 32;
  shape.v_head_dim = 32;
  shape.block_tokens = 64;
  return shape;
}

bytes normal_halves() {
  std::mt19937 random(7);
  std::normal_distribution<float> normal;
  bytes out(model().block_bytes());
  for (std::size_t i = 0; i < out.size(); i += 2) {
    const std::uint16_t half = gpu::float_to_f16(normal(random));
    std::memcpy(&out[i], &half, 2);
  }
  return out;
}

gpu::container_codec codec_of(std::string_view scheme, const gpu::encode_options& options = {}) {
  return {gpu::host::best_codecs(), *gpu::find_scheme(scheme), options};
}

bytes encoded(gpu::container_codec& by, const bytes& raw) {
  bytes out(by.most_encoded_bytes(model(), raw.size()));
  out.resize(*by.encode(model(), 0, raw, out));
  return out;
}

core::result<bytes> again(gpu::container_codec& by, const bytes& first) {
  bytes out(by.most_encoded_bytes(model(), model().block_bytes()));
  const auto length = by.encode_again(model(), first, out);
  CELLARD_TRY(length);
  out.resize(*length);
  return out;
}

/// Checks each segment's word against the truth; the largest true error.
float worst(const bytes& raw, const bytes& coded) {
  const auto what = gpu::block::of(model(), model().block_tokens, 0);
  const auto reader = gpu::container_reader::open(gpu::host::best_codecs(), what, coded);
  BOOST_TEST_REQUIRE(reader.has_value());
  bytes decoded(raw.size());
  gpu::scratch work;
  BOOST_TEST_REQUIRE(reader->decode_all(decoded, work).has_value());
  float most = 0;
  for (std::uint32_t layer = 0; layer < what.layers; ++layer) {
    for (const auto which : {gpu::side::keys, gpu::side::values}) {
      const auto at = what.raw_offset(layer, which);
      const auto length = what.at(layer, which).raw_bytes();
      const auto back = std::span(decoded).subspan(at, length);
      BOOST_TEST(reader->verify(layer, which, back).has_value());
      // The raw tokens at the ends make the middle's error larger than the whole's.
      const auto off = gpu::measure(core::dtype::f16, std::span(raw).subspan(at, length), back);
      const auto says = reader->info(layer, which);
      BOOST_TEST(off.relative <= says.relative_error);
      BOOST_TEST(off.largest <= says.largest_error);
      BOOST_TEST(off.relative > says.relative_error / 3);  // it is a bound that means something
      most = std::max(most, says.relative_error);
    }
  }
  return most;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(encode_again)

BOOST_AUTO_TEST_CASE(each_rung_of_a_ladder_says_how_far_it_is_from_the_raw_block) {
  const auto raw = normal_halves();
  auto eight = codec_of("int8");
  auto six = codec_of("int6");
  auto four = codec_of("int4");
  const auto first = encoded(eight, raw);
  const auto second = again(six, first);
  BOOST_TEST_REQUIRE(second.has_value());
  const auto third = again(four, *second);
  BOOST_TEST_REQUIRE(third.has_value());
  BOOST_TEST(third->size() < second->size());
  BOOST_TEST(second->size() < first.size());
  BOOST_TEST(worst(raw, first) < worst(raw, *second));
  BOOST_TEST(worst(raw, *second) < worst(raw, *third));
  BOOST_TEST(four.report().key_error > six.report().key_error);
}

BOOST_AUTO_TEST_CASE(errors_that_add_up_to_more_than_the_bound_take_a_gentler_codec) {
  const auto raw = normal_halves();
  auto alone = codec_of("int4");
  const auto direct = worst(raw, encoded(alone, raw));
  // int4 from the raw block would just do; on top of int5 it does not.
  gpu::encode_options options;
  options.key_error = options.value_error = direct * 1.02F;
  auto four = codec_of("int4", options);
  BOOST_TEST(encoded(four, raw).size() < raw.size() / 3);
  BOOST_TEST(four.report().gentler == 0U);
  auto five = codec_of("int5", options);
  const auto first = encoded(five, raw);
  const auto second = again(four, first);
  BOOST_TEST_REQUIRE(second.has_value());
  BOOST_TEST(four.report().gentler > 0U);
  BOOST_TEST(worst(raw, *second) <= options.key_error);
}

BOOST_AUTO_TEST_CASE(exact_codecs_keep_the_error_that_there_was) {
  const auto raw = normal_halves();
  auto eight = codec_of("int8");
  auto exact = codec_of("lossless");
  const auto first = encoded(eight, raw);
  const auto second = again(exact, first);
  BOOST_TEST_REQUIRE(second.has_value());
  BOOST_TEST(worst(raw, *second) == worst(raw, first));
}

BOOST_AUTO_TEST_CASE(a_block_that_was_never_compared_is_refused) {
  gpu::encode_options blind;
  blind.verify = false;
  auto eight = codec_of("int8", blind);
  auto four = codec_of("int4");
  const auto refused = again(four, encoded(eight, normal_halves()));
  BOOST_TEST_REQUIRE(!refused.has_value());
  BOOST_TEST((refused.error().code() == core::errc::invalid_argument));
}

BOOST_AUTO_TEST_CASE(more_raw_tokens_than_before_are_refused) {
  gpu::encode_options more;
  more.first_raw = 8;
  auto eight = codec_of("int8");
  auto four = codec_of("int4", more);
  const auto first = encoded(eight, normal_halves());
  BOOST_TEST(!again(four, first).has_value());
  auto ends = codec_of("int8", more);
  auto all = codec_of("int4");
  const auto second = again(all, encoded(ends, normal_halves()));
  BOOST_TEST_REQUIRE(second.has_value());
  worst(normal_halves(), *second);
}

BOOST_AUTO_TEST_CASE(damaged_bytes_are_not_encoded_again) {
  auto eight = codec_of("int8");
  auto four = codec_of("int4");
  auto first = encoded(eight, normal_halves());
  first[first.size() / 2] ^= std::byte{1};
  const auto refused = again(four, first);
  BOOST_TEST_REQUIRE(!refused.has_value());
  BOOST_TEST((refused.error().code() == core::errc::corrupt));
}

BOOST_AUTO_TEST_SUITE_END()
