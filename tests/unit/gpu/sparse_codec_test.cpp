// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Which values "sparse" keeps, and that it keeps them as int8 does. What holds for every codec is
// in tests/conformance.
#include "gpu/host/sparse_codec.hpp"

#include "tests/unit/gpu/one_segment.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <random>

namespace {

using namespace cellard;
using namespace gpu::host;
using namespace tests;
using gpu::side;

}  // namespace

BOOST_AUTO_TEST_SUITE(sparse)

BOOST_AUTO_TEST_CASE(the_larger_half_of_a_token_is_what_int8_makes_of_it_and_the_rest_is_zero) {
  const sparse_codec codec(level::scalar);
  const integer_codec dense(8, level::scalar);
  for (const side what : {side::keys, side::values}) {
    const auto shape = shape_of(what, 400, 3, 7);  // two tiles, an odd number of channels
    std::mt19937 random(4);
    std::normal_distribution<float> normal;
    std::vector<float> raw(shape.count());
    std::generate(raw.begin(), raw.end(), [&] { return normal(random); });
    const auto back = try_decode(codec, shape, encoded(codec, shape, raw));
    const auto whole = try_decode(dense, shape, encoded(dense, shape, raw));
    BOOST_TEST_REQUIRE((back.has_value() && whole.has_value()));
    for (std::size_t token = 0; token < shape.tokens; ++token) {
      const auto* const values = &raw[token * 21];
      std::vector<float> sizes(21);
      std::transform(values, values + 21, sizes.begin(), [](float x) { return std::abs(x); });
      std::sort(sizes.begin(), sizes.end());
      for (std::size_t i = 0; i < 21; ++i) {
        const bool large = std::abs(values[i]) >= sizes[10];  // 11 of 21
        BOOST_TEST((*back)[token * 21 + i] == (large ? (*whole)[token * 21 + i] : 0.0F));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(of_equal_values_the_first_are_kept) {
  const sparse_codec codec(level::scalar);
  const auto shape = shape_of(side::values, 1, 1, 6);
  const auto back = try_decode(codec, shape, encoded(codec, shape, {1, -1, 1, -1, 1, 1}));
  BOOST_TEST_REQUIRE(back.has_value());
  BOOST_TEST((*back)[2] > 0.99F);
  BOOST_TEST((*back)[3] == 0.0F);
}

BOOST_AUTO_TEST_CASE(any_share_can_be_read) {
  const sparse_codec codec(level::scalar);
  const auto shape = shape_of(side::values, 1, 1, 4);
  auto bytes = encoded(codec, shape, {1, 8, 2, 4});
  BOOST_TEST_REQUIRE(bytes.size() == 8U + 8U + 2U + 1U + 2U);
  // The same token, cut by hand to its largest value.
  bytes[0] = std::byte{1};
  bytes[18] = std::byte{0b0010};
  bytes.pop_back();
  const auto back = try_decode(codec, shape, bytes);
  BOOST_TEST_REQUIRE(back.has_value());
  BOOST_TEST((*back)[1] > 7.9F);
  BOOST_TEST((*back)[3] == 0.0F);
}

BOOST_AUTO_TEST_CASE(a_bitmap_of_another_number_of_values_is_corrupt) {
  const sparse_codec codec(level::scalar);
  const auto shape = shape_of(side::values, 1, 1, 4);
  const auto good = encoded(codec, shape, {1, 8, 2, 4});
  for (const unsigned bitmap : {0b0000U, 0b0010U, 0b1110U, 0b1111U, 0b1'0010U, 0b1000'0000U}) {
    auto bytes = good;
    bytes[18] = static_cast<std::byte>(bitmap);
    const auto back = try_decode(codec, shape, bytes);
    BOOST_TEST_REQUIRE(!back.has_value());
    BOOST_TEST((back.error().code() == core::errc::corrupt));
  }
}

BOOST_AUTO_TEST_CASE(half_of_the_values_costs_five_bits) {
  const sparse_codec codec(level::scalar);
  auto shape = shape_of(side::keys, 256, 8, 128);
  const std::vector<float> raw(shape.count(), 1.0F);
  const auto bits = 8.0 * static_cast<double>(encoded(codec, shape, raw).size())
                    / static_cast<double>(shape.count());
  BOOST_TEST(bits < 5.07);
}

BOOST_AUTO_TEST_CASE(what_it_cannot_keep_is_refused_by_name) {
  const sparse_codec codec(level::scalar);
  const auto shape = shape_of(side::keys, 1, 1, 2);
  const std::vector<float> raw{1, INFINITY};
  gpu::scratch work;
  std::vector<std::byte> out(codec.bound(shape));
  const auto done = codec.encode(shape, std::as_bytes(std::span(raw)), out, work);
  BOOST_TEST_REQUIRE(!done.has_value());
  BOOST_TEST((done.error().code() == core::errc::invalid_argument));
  BOOST_TEST(done.error().context().find("sparse: keys of layer 0") == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
