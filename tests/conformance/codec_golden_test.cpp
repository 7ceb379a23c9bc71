// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Encoded bytes outlive the program that wrote them: XXH3-64 of what each codec makes of one fixed
// segment, as keys and then as values, encoded and decoded. A line that changes is a new format
// number, not a new line; but for "encoded" of svd and lowrank, whose encoders may come to find
// other factors. Those too are the same on every compiler and level: their sums of floats run in
// our own loops, in one order, a product and a sum being two roundings (gpu/CMakeLists.txt), and no
// library's function but sqrt is part of them. With a library's matrix product there could be no
// such line.
#include "gpu/numbers.hpp"
#include "tests/conformance/codec_cases.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <random>

#define XXH_INLINE_ALL  // NOLINT(readability-identifier-naming): xxhash's
#include <xxhash.h>

namespace {

using namespace cellard;

struct golden {
  std::string_view name;
  std::uint64_t encoded;
  std::uint64_t decoded;

  friend bool operator==(const golden&, const golden&) = default;
};

constexpr golden known[] = {
  {"lossless", 0x454bc060c0066056, 0x2c7a5fe6d8521927},
  {"lossless-rans", 0xcd842670eb60eb93, 0x2c7a5fe6d8521927},
  {"int8", 0xe69446eb9615cdda, 0x95fcb93663d9319b},
  {"int6", 0xe51041dce2f78722, 0x204bd6a0e1282a60},
  {"int5", 0x9fd936f2da00deb3, 0x53734faabe1d984c},
  {"int4", 0x96b82e3678e6ca6e, 0x023c49b3a2cc43ce},
  {"int3", 0xaf6e912bfb277450, 0xefd11f82a31b6ed9},
  {"int2", 0xdcc70fb3618aaf95, 0xcc7970213756e572},
  {"svd", 0x1369e722b94e39b7, 0x6dd5c61c36c93a39},
  {"lowrank", 0x44979e8518b4ba69, 0x8fd27e0a8b9088d6},
  {"lowrank-3", 0x602709605bb86e5e, 0x457e031ca8640d22},
  {"sparse", 0x43a5cd53929937c2, 0xf946cf341acd38c6},
  {"xtc-1", 0x5c341fbf03959ea0, 0x76a890d4257810f7},
  {"xtc-2", 0x7509c2843e16bc4f, 0xf153cc4827ab85fb},
  {"xtc-3", 0xfe94a695687ff41c, 0x6c791897d18118ad},
  {"xtc-4", 0x978cee6534c00973, 0x1a4b7910cacd1528},
  {"xtc-5", 0xa0bbbd179670f7d2, 0xbcb132aaa5f27fd3},
};

/// Keys, then values, of 40 tokens, 2 heads of 17. Only integers are random, so that no library
/// changes the numbers.
std::vector<gpu::segment> segments() {
  gpu::segment shape;
  shape.type = core::dtype::bf16;
  shape.tokens = 40;
  shape.heads = 2;
  shape.dim = 17;
  auto values = shape;
  values.what = gpu::side::values;
  return {shape, values};
}

/// Integers below 2^11 in four directions, for codecs that keep few: noise they refuse.
std::vector<std::byte> few_directions(const gpu::segment& shape) {
  std::mt19937 random(1);
  std::vector<std::byte> out(shape.raw_bytes());
  for (std::size_t i = 0; i < shape.count(); ++i) {
    const auto token = static_cast<int>(i / shape.channels());
    const auto channel = static_cast<int>(i % shape.channels());
    const int sum = (token % 5 - 2) * (channel % 3 - 1) * 40 + (token % 7 - 3) * (channel % 4) * 9
                    + static_cast<int>(random() % 8);
    const auto bits = gpu::float_to_bf16(static_cast<float>(sum));
    std::memcpy(out.data() + i * sizeof bits, &bits, sizeof bits);
  }
  return out;
}

std::vector<std::byte> numbers_of(const gpu::segment& shape) {
  std::mt19937 random(1);
  std::vector<std::byte> out(shape.raw_bytes());
  for (std::size_t i = 0; i < shape.count(); ++i) {
    std::uint32_t sum = 0;
    for (int k = 0; k < 4; ++k) {
      sum += static_cast<std::uint32_t>(random() % 1024);
    }
    const auto bits = gpu::float_to_bf16((static_cast<float>(sum) - 2046) / 512);
    std::memcpy(out.data() + i * sizeof bits, &bits, sizeof bits);
  }
  return out;
}

golden made_by(const gpu::segment_codec& codec) {
  std::vector<std::byte> encoded;
  std::vector<std::byte> decoded;
  for (auto shape : segments()) {
    const auto learned = tests::learn(shape);
    const bool few = codec.number() == gpu::format::svd;
    const auto bytes = tests::encode(codec, shape, few ? few_directions(shape) : numbers_of(shape));
    BOOST_TEST_REQUIRE(bytes.has_value());
    const auto back = tests::decode(codec, shape, *bytes, {0, shape.tokens});
    BOOST_TEST_REQUIRE(back.has_value());
    encoded.insert(encoded.end(), bytes->begin(), bytes->end());
    decoded.insert(decoded.end(), back->begin(), back->end());
  }
  return {codec.name(), XXH3_64bits(encoded.data(), encoded.size()),
          XXH3_64bits(decoded.data(), decoded.size())};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(codec_golden)

BOOST_AUTO_TEST_CASE(bytes_are_those_that_were_written_before) {
  for (const auto& codec : tests::codec_sets().front().all()) {
    const golden is = made_by(*codec);
    BOOST_TEST((std::find(std::begin(known), std::end(known), is) != std::end(known)),
               fmt::format("not in the table:\n  {{\"{}\", 0x{:016x}, 0x{:016x}}},", is.name,
                           is.encoded, is.decoded));
  }
}

BOOST_AUTO_TEST_CASE(no_line_is_of_a_codec_that_is_gone) {
  for (const auto& line : known) {
    BOOST_TEST(tests::codec_sets().front().find(line.name) != nullptr, line.name);
  }
}

BOOST_AUTO_TEST_SUITE_END()
