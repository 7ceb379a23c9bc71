// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// What "lowrank" adds to the quantizer of its rest. What holds for every codec is in
// tests/conformance.
#include "gpu/host/lowrank_codec.hpp"

#include "gpu/host/factor_codes.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <random>

namespace {

using namespace cellard;
using namespace gpu::host;
using gpu::side;

gpu::segment shape_of(side what, std::uint32_t tokens, std::uint32_t heads, std::uint32_t dim) {
  gpu::segment out;
  out.type = core::dtype::f32;
  out.what = what;
  out.tokens = tokens;
  out.heads = heads;
  out.dim = dim;
  return out;
}

/// Four directions, which are most of it, and noise.
std::vector<float> numbers(const gpu::segment& shape) {
  std::mt19937 random(6);
  std::normal_distribution<float> normal;
  std::vector<float> out(shape.count());
  for (int j = 0; j < 4; ++j) {
    std::vector<float> channel(shape.channels());
    std::generate(channel.begin(), channel.end(), [&] { return normal(random); });
    for (std::size_t t = 0; t < shape.tokens; ++t) {
      const float token = normal(random);
      for (std::size_t c = 0; c < channel.size(); ++c) {
        out[t * channel.size() + c] += token * channel[c];
      }
    }
  }
  for (float& value : out) {
    value += 0.2F * normal(random);
  }
  return out;
}

std::vector<std::byte> encoded(const gpu::segment_codec& codec, const gpu::segment& shape,
                               const std::vector<float>& raw) {
  gpu::scratch work;
  std::vector<std::byte> out(codec.bound(shape));
  const auto size = codec.encode(shape, std::as_bytes(std::span(raw)), out, work);
  BOOST_TEST_REQUIRE(size.has_value());
  out.resize(*size);
  return out;
}

std::vector<float> decoded(const gpu::segment_codec& codec, const gpu::segment& shape,
                           const std::vector<std::byte>& bytes) {
  gpu::scratch work;
  std::vector<float> out(shape.count());
  BOOST_TEST_REQUIRE(
    codec.decode(shape, bytes, {0, shape.tokens}, std::as_writable_bytes(std::span(out)), work)
      .has_value());
  return out;
}

double error_of(const std::vector<float>& seen, const std::vector<float>& was) {
  double off = 0;
  double all = 0;
  for (std::size_t i = 0; i < was.size(); ++i) {
    off += std::pow(static_cast<double>(seen[i]) - static_cast<double>(was[i]), 2);
    all += std::pow(static_cast<double>(was[i]), 2);
  }
  return std::sqrt(off / all);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(lowrank)

BOOST_AUTO_TEST_CASE(what_the_directions_took_out_the_rest_need_not_keep) {
  for (const side what : {side::keys, side::values}) {
    const auto shape = shape_of(what, 128, 4, 32);
    const auto raw = numbers(shape);
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
  const auto raw = numbers(shape);
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
  const auto bytes = encoded(three, shape, numbers(shape));
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
