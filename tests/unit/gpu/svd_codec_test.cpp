// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// What "svd" makes of its factors: value for value as its format says, within its energy, and
// nothing where that costs eight bits. What holds for every codec is in tests/conformance.
#include "gpu/host/svd_codec.hpp"

#include "gpu/host/factor_codes.hpp"
#include "tests/unit/gpu/one_segment.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <cstring>
#include <random>

namespace {

using namespace cellard;
using namespace gpu::host;
using namespace tests;
using gpu::side;

const svd_codec codec(level::scalar);

void put(std::vector<std::byte>& to, std::size_t at, float step) {
  const auto bits = static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(step) >> 16);
  std::memcpy(to.data() + at, &bits, sizeof bits);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(svd)

BOOST_AUTO_TEST_CASE(a_value_is_a_sum_of_codes_on_two_steps) {
  // Two tokens, three channels, two directions, by hand.
  const auto shape = shape_of(side::values, 2, 1, 3);
  std::vector<std::byte> bytes(8 + 2 * 2 + 2 * 3 + 2 * 2 + 2 * 3);
  bytes[0] = std::byte{2};
  put(bytes, 8, 0.5F);
  put(bytes, 10, 0.25F);
  put(bytes, 12, 1.0F);
  put(bytes, 14, 3.0F);
  put(bytes, 16, 0.125F);
  const std::array<int, 4> left{1, -2, 127, 3};
  const std::array<int, 6> right{4, -127, 6, 1, 0, -7};
  std::transform(left.begin(), left.end(), bytes.begin() + 18,
                 [](int code) { return static_cast<std::byte>(code); });
  std::transform(right.begin(), right.end(), bytes.begin() + 22,
                 [](int code) { return static_cast<std::byte>(code); });
  const auto back = try_decode(codec, shape, bytes);
  BOOST_TEST_REQUIRE(back.has_value());
  const std::vector<float> expected{(4 - 2) * 0.5F * 1,       -127 * 0.5F * 3,
                                    (6 + 14) * 0.5F * 0.125F, (4 * 127 + 3) * 0.25F * 1,
                                    -127 * 127 * 0.25F * 3,   (6 * 127 - 21) * 0.25F * 0.125F};
  BOOST_TEST(*back == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_tenth_is_lost_at_most_whatever_the_size_of_the_numbers) {
  for (const side what : {side::keys, side::values}) {
    for (const float size : {1.0F, 1e20F, 1e-20F, 0x1p-120F}) {
      const auto shape = shape_of(what, 100, 4, 20);
      auto raw = few_directions(shape, 5, 0.1F);
      std::transform(raw.begin(), raw.end(), raw.begin(), [&](float x) { return x * size; });
      const auto bytes = try_encode(codec, shape, raw);
      BOOST_TEST_REQUIRE(bytes.has_value());
      const auto back = try_decode(codec, shape, *bytes);
      BOOST_TEST_REQUIRE(back.has_value());
      BOOST_TEST(error_of(*back, raw) < 0.11);
      BOOST_TEST(bytes->size() < raw.size());
    }
  }
}

BOOST_AUTO_TEST_CASE(a_large_channel_of_keys_does_not_hide_the_others) {
  const auto shape = shape_of(side::keys, 100, 4, 20);
  auto raw = few_directions(shape, 5, 0.05F);
  const auto plain = raw;
  for (std::size_t i = 7; i < raw.size(); i += shape.channels()) {
    raw[i] *= 100;
  }
  auto back = try_decode(codec, shape, try_encode(codec, shape, raw).value());
  BOOST_TEST_REQUIRE(back.has_value());
  for (std::size_t i = 7; i < raw.size(); i += shape.channels()) {
    (*back)[i] /= 100;
  }
  BOOST_TEST(error_of(*back, plain) < 0.11);
}

BOOST_AUTO_TEST_CASE(noise_is_refused_since_it_would_take_eight_bits) {
  auto shape = shape_of(side::keys, 64, 4, 16);
  shape.layer = 3;
  const auto bytes = try_encode(codec, shape, few_directions(shape, 0, 1));
  BOOST_TEST_REQUIRE(!bytes.has_value());
  BOOST_TEST((bytes.error().code() == core::errc::invalid_argument));
  BOOST_TEST(bytes.error().context().find("keys of layer 3") == 0U);
  BOOST_TEST(bytes.error().context().find("int4 takes less") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_it_cannot_keep_is_refused_by_name) {
  const auto shape = shape_of(side::values, 20, 1, 20);
  for (const float bad : {INFINITY, NAN, 0x1p121F}) {
    auto raw = few_directions(shape, 1, 0);
    raw[17] = bad;
    const auto bytes = try_encode(codec, shape, raw);
    BOOST_TEST_REQUIRE(!bytes.has_value());
    BOOST_TEST(bytes.error().context().find("which svd cannot hold") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(steps_that_no_encoder_writes_are_corrupt) {
  const auto shape = shape_of(side::values, 20, 1, 20);
  const auto good = try_encode(codec, shape, few_directions(shape, 1, 0)).value();
  for (const std::size_t at : {std::size_t{8}, std::size_t{8 + 2 * 20}}) {
    for (const float step : {-1.0F, INFINITY, NAN, 0x1p126F}) {
      auto bytes = good;
      put(bytes, at, step);
      const auto back = try_decode(codec, shape, bytes);
      BOOST_TEST_REQUIRE(!back.has_value());
      BOOST_TEST((back.error().code() == core::errc::corrupt));
    }
  }
}

BOOST_AUTO_TEST_CASE(the_largest_halves_do_not_become_infinite) {
  auto shape = shape_of(side::keys, 40, 1, 40);
  shape.type = core::dtype::f16;
  std::vector<std::uint16_t> raw(shape.count(), 0x7bff);
  for (std::size_t i = 0; i < raw.size(); i += 3) {
    raw[i] = 0;  // three directions, whose rounding goes either way
  }
  gpu::scratch work;
  std::vector<std::byte> bytes(codec.bound(shape));
  const auto size = codec.encode(shape, std::as_bytes(std::span(raw)), bytes, work);
  BOOST_TEST_REQUIRE(size.has_value());
  std::vector<std::uint16_t> back(raw.size());
  BOOST_TEST_REQUIRE(codec
                       .decode(shape, std::span(bytes).first(*size), {0, 40},
                               std::as_writable_bytes(std::span(back)), work)
                       .has_value());
  for (const auto value : back) {
    BOOST_TEST((value & 0x7fffU) <= 0x7bffU);
  }
}

BOOST_AUTO_TEST_SUITE_END()
