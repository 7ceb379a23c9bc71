// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// What "lowrank" adds to the quantizer of its rest. What holds for every codec is in
// tests/conformance.
#include "gpu/host/lowrank_codec.hpp"

#include "gpu/host/factor_codes.hpp"
#include "tests/unit/gpu/one_segment.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <random>

namespace {

using namespace cellard;
using namespace gpu::host;
using namespace tests;
using gpu::side;

}  // namespace

BOOST_AUTO_TEST_SUITE(lowrank)

BOOST_AUTO_TEST_CASE(what_the_directions_took_out_the_rest_need_not_keep) {
  for (const side what : {side::keys, side::values}) {
    const auto shape = shape_of(what, 128, 4, 32);
    const auto raw = few_directions(shape, 4, 0.2F);
    for (const unsigned bits : {4U, 3U}) {
      const integer_codec plain(bits, level::scalar);
      const lowrank_codec codec(bits, level::scalar);
      const double before = error_of(decoded(plain, shape, encoded(plain, shape, raw)), raw);
      const double now = error_of(decoded(codec, shape, encoded(codec, shape, raw)), raw);
      BOOST_TEST(now < before / 5);  // the noise is a tenth of the whole
    }
  }
}

BOOST_AUTO_TEST_CASE(the_rest_mends_what_eight_bits_cost_the_factors) {
  // Without noise there is nothing else to keep.
  const auto shape = shape_of(side::values, 64, 2, 16);
  std::vector<float> raw(shape.count());
  for (std::size_t i = 0; i < raw.size(); ++i) {
    raw[i] = std::sin(static_cast<float>(i / 32)) * std::cos(static_cast<float>(i % 32));
  }
  const lowrank_codec codec(4, level::scalar);
  BOOST_TEST(error_of(decoded(codec, shape, encoded(codec, shape, raw)), raw) < 0.001);
}

BOOST_AUTO_TEST_CASE(it_is_factors_and_then_a_segment_of_int_n) {
  const auto shape = shape_of(side::keys, 40, 2, 24);
  const auto raw = few_directions(shape, 4, 0.2F);
  const lowrank_codec codec(3, level::scalar);
  const auto bytes = encoded(codec, shape, raw);
  const factor_layout factors{40, 48, 16};
  const integer_tiles rest(shape, {3, step_storage::f16, false});
  BOOST_TEST(bytes.size() == factors.bytes() + rest.bytes());

  std::vector<std::int32_t> sums(48);
  std::vector<float> steps(48);
  const auto reader = factor_reader::open(shape, bytes, sums, steps);
  BOOST_TEST_REQUIRE(reader.has_value());
  const auto whole = decoded(codec, shape, bytes);
  const std::vector<std::byte> behind(bytes.begin() + static_cast<std::ptrdiff_t>(factors.bytes()),
                                      bytes.end());
  const auto part = decoded(integer_codec(4, level::scalar), shape, behind);
  std::vector<float> row(48);
  for (std::uint32_t token = 0; token < 40; ++token) {
    BOOST_TEST_REQUIRE(reader->read(token, row));
    for (std::size_t c = 0; c < 48; ++c) {
      BOOST_TEST(whole[token * 48 + c] == row[c] + part[token * 48 + c]);
    }
  }
}

BOOST_AUTO_TEST_CASE(each_reads_what_the_other_wrote) {
  const auto shape = shape_of(side::values, 30, 1, 33);
  const lowrank_codec four(4, level::scalar);
  const lowrank_codec three(3, level::scalar);
  const auto bytes = encoded(three, shape, few_directions(shape, 4, 0.2F));
  BOOST_TEST((decoded(four, shape, bytes) == decoded(three, shape, bytes)));
}

BOOST_AUTO_TEST_CASE(what_it_cannot_keep_is_refused_by_name) {
  auto shape = shape_of(side::keys, 2, 1, 2);
  shape.layer = 9;
  const lowrank_codec codec(3, level::scalar);
  const std::vector<float> raw{1, 2, NAN, 4};
  gpu::scratch work;
  std::vector<std::byte> out(codec.bound(shape));
  const auto done = codec.encode(shape, std::as_bytes(std::span(raw)), out, work);
  BOOST_TEST_REQUIRE(!done.has_value());
  BOOST_TEST((done.error().code() == core::errc::invalid_argument));
  BOOST_TEST(done.error().context().find("keys of layer 9") == 0U);
  BOOST_TEST(done.error().context().find("lowrank-3 cannot hold") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
