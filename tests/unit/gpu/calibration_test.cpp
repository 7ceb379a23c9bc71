// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "gpu/calibration.hpp"

#include "core/error.hpp"
#include "gpu/rope_table.hpp"
#include "tests/support/jacobi.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <cstring>
#include <numbers>
#include <random>

namespace {

using namespace cellard;
using gpu::calibration;
using gpu::profile_scope;
using gpu::profile_shape;
using gpu::side;

constexpr std::uint32_t tokens = 4000;
const profile_shape plane{core::dtype::f32, profile_scope::head, false, 1, 2, 2, 2};

std::span<const std::byte> raw_of(const std::vector<float>& values) {
  return std::as_bytes(std::span(values));
}

gpu::segment segment_of(side what) {
  return {core::dtype::f32, what, 0, tokens, 2, 2};
}

/// Two heads of two channels: (5 + 3a, 2a + 0.1b) and (c, -3 + d).
std::vector<float> correlated() {
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  std::vector<float> out;
  for (std::uint32_t i = 0; i < tokens; ++i) {
    const float a = normal(random);
    out.insert(out.end(),
               {5 + 3 * a, 2 * a + 0.1F * normal(random), normal(random), -3 + normal(random)});
  }
  return out;
}

std::shared_ptr<const gpu::profile> learned(const profile_shape& shape) {
  gpu::scratch work;
  calibration from(shape);
  for (const auto what : {side::keys, side::values}) {
    BOOST_TEST_REQUIRE(from.add(segment_of(what), raw_of(correlated()), work).has_value());
  }
  const auto made = from.build(tests::jacobi);
  BOOST_TEST_REQUIRE(made.has_value());
  return *made;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(calibrations, *boost::unit_test::tolerance(0.05F))

BOOST_AUTO_TEST_CASE(means_and_scales_of_keys_are_the_channels_own) {
  const auto made = learned(plane);
  BOOST_TEST(made->tokens() == tokens);
  const auto part = made->part(0, side::keys);
  BOOST_TEST(part.means[0] == 5.0F);
  BOOST_TEST(part.means[3] == -3.0F);
  BOOST_TEST(part.scales[0] == 3.0F);
  BOOST_TEST(part.scales[1] == std::sqrt(4.01F));
  BOOST_TEST(part.scales[2] == 1.0F);
}

BOOST_AUTO_TEST_CASE(values_share_the_scale_of_their_layer) {
  const auto made = learned(plane);
  const auto part = made->part(0, side::values);
  const float all = std::sqrt((9 + 4.01F + 1 + 1) / 4);
  for (const float scale : part.scales) {
    BOOST_TEST(scale == all);
  }
}

BOOST_AUTO_TEST_CASE(the_basis_of_a_head_is_where_its_channels_go_together) {
  const auto made = learned(plane);
  const auto part = made->part(0, side::keys);
  const float half = 4096 / std::numbers::sqrt2_v<float>;
  BOOST_TEST(static_cast<float>(std::abs(part.basis[0])) == half);
  BOOST_TEST(part.basis[0] == part.basis[2]);
  BOOST_TEST(part.basis[1] == -part.basis[3]);
  BOOST_TEST(int{part.spreads[0]} == 1);    // variance 2: one octave
  BOOST_TEST(int{part.spreads[1]} == -10);  // 1 - 6 / sqrt 36.09, about 2^-9.6
}

BOOST_AUTO_TEST_CASE(the_basis_of_a_layer_keeps_heads_apart_that_have_nothing_in_common) {
  profile_shape shape = plane;
  shape.scope = profile_scope::layer;
  const auto made = learned(shape);
  const auto part = made->part(0, side::keys);
  BOOST_TEST(part.groups == 1U);
  BOOST_TEST(int{part.spreads[0]} == 1);
  BOOST_TEST(std::abs(part.basis[4]) < 400);
  BOOST_TEST(std::abs(part.basis[6]) < 400);
}

BOOST_AUTO_TEST_CASE(keys_are_rotated_back_where_the_shape_says_so) {
  core::rope_descriptor how;
  how.rotary_dim = 2;
  how.theta = 10000;
  const gpu::rope_table rope(how, 0, tokens);
  auto values = correlated();
  for (std::uint32_t token = 0; token < tokens; ++token) {
    for (std::size_t head = 0; head < 2; ++head) {
      float* const at = values.data() + token * 4 + head * 2;
      const float a = at[0];
      const float b = at[1];
      at[0] = a * rope.cosines(token)[0] - b * rope.sines(token)[0];
      at[1] = a * rope.sines(token)[0] + b * rope.cosines(token)[0];
    }
  }
  profile_shape shape = plane;
  shape.rotated_back = true;
  shape.value_dim = 0;
  gpu::scratch work;
  calibration from(shape);
  auto keys = segment_of(side::keys);
  BOOST_TEST((from.add(keys, raw_of(values), work).error().code() == core::errc::invalid_argument));
  keys.rope = &rope;
  BOOST_TEST_REQUIRE(from.add(keys, raw_of(values), work).has_value());
  const auto made = from.build(tests::jacobi);
  const auto part = (*made)->part(0, side::keys);
  BOOST_TEST(part.means[0] == 5.0F);
  BOOST_TEST(part.scales[0] == 3.0F);
}

BOOST_AUTO_TEST_CASE(channels_that_do_not_vary_have_a_scale_all_the_same) {
  gpu::scratch work;
  profile_shape shape = plane;
  shape.value_dim = 0;
  calibration from(shape);
  BOOST_TEST(
    from.add(segment_of(side::keys), raw_of(std::vector<float>(4 * tokens, 7)), work).has_value());
  const auto made = from.build(tests::jacobi);
  BOOST_TEST_REQUIRE(made.has_value());
  const auto part = (*made)->part(0, side::keys);
  BOOST_TEST(part.means[2] == 7.0F);
  BOOST_TEST((part.scales[2] > 1e-4F));
  BOOST_TEST(int{part.spreads[0]} == gpu::profile::least_spread);
}

BOOST_AUTO_TEST_CASE(nothing_is_learned_from_other_shapes_or_infinite_values) {
  gpu::scratch work;
  calibration from(plane);
  BOOST_TEST((from.build(tests::jacobi).error().code() == core::errc::invalid_argument));
  auto other = segment_of(side::keys);
  other.layer = 1;
  const auto values = correlated();
  BOOST_TEST(!from.add(other, raw_of(values), work).has_value());
  auto spoiled = values;
  spoiled.back() = INFINITY;
  BOOST_TEST(!from.add(segment_of(side::keys), raw_of(spoiled), work).has_value());
  BOOST_TEST(from.add(segment_of(side::keys), raw_of(values), work).has_value());
  BOOST_TEST(from.tokens() == 0U);  // of the values none were seen
  BOOST_TEST(!from.build(tests::jacobi).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
