// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Any bytes of an encoded block are the bytes that decoding all of it gives, and bytes that are no
// encoded block are an error.
#include "client/src/coded.hpp"

#include "gpu/container_codec.hpp"
#include "gpu/host/codecs.hpp"

#include <boost/test/unit_test.hpp>

#include <random>
#include <thread>
#include <vector>

namespace {

using namespace cellard;
using core::errc;

core::layout model() {
  core::layout shape;
  shape.type = core::dtype::f16;
  shape.layers = 3;
  shape.kv_heads = 2;
  shape.head_dim = 16;
  shape.v_head_dim = 8;
  shape.block_tokens = 32;
  shape.rope.rotary_dim = 16;
  shape.rope.theta = 10000;
  return shape;
}

struct encoded_fixture {
  core::layout shape = model();
  std::vector<std::byte> encoded;
  std::vector<std::byte> raw = std::vector<std::byte>(shape.block_bytes());

  encoded_fixture() {
    std::mt19937 random(3);
    for (std::size_t i = 0; i < raw.size(); i += 2) {
      raw[i] = static_cast<std::byte>(random());
      raw[i + 1] = static_cast<std::byte>(0x38 + random() % 4);
    }
    gpu::encode_options options;
    options.first_raw = 4;
    gpu::container_codec codec(gpu::host::best_codecs(), *gpu::find_scheme("int4"), options);
    encoded.resize(codec.most_encoded_bytes(shape, raw.size()));
    encoded.resize(*codec.encode(shape, 0, raw, encoded));
    encoded.shrink_to_fit();
    BOOST_TEST_REQUIRE(codec.decode(shape, encoded, raw).has_value());  // what it decodes to
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(coded, encoded_fixture)

BOOST_AUTO_TEST_CASE(any_range_of_bytes_is_that_part_of_the_block) {
  const library::coded_block block(shape, encoded);
  std::mt19937 random(5);
  std::vector<std::byte> out;
  for (int round = 0; round < 2000; ++round) {
    const std::size_t from = random() % raw.size();
    const std::size_t length = random() % (raw.size() - from + 1);
    out.assign(length, std::byte{0xcb});
    BOOST_TEST_REQUIRE(block.read(from, out).has_value());
    BOOST_TEST_REQUIRE(
      std::equal(out.begin(), out.end(), raw.begin() + static_cast<std::ptrdiff_t>(from)));
  }
}

BOOST_AUTO_TEST_CASE(its_errors_are_the_largest_of_its_table) {
  const auto what = gpu::block::of(shape, shape.block_tokens, 0);
  const auto reader = gpu::container_reader::open(gpu::host::best_codecs(), what, encoded);
  float keys = 0;
  float values = 0;
  for (std::uint32_t layer = 0; layer < shape.layers; ++layer) {
    keys = std::max(keys, reader->info(layer, gpu::side::keys).relative_error);
    values = std::max(values, reader->info(layer, gpu::side::values).relative_error);
  }
  const auto said = library::coded_block(shape, encoded).errors();
  BOOST_TEST_REQUIRE(said.has_value());
  BOOST_TEST(said->keys > 0.01F);
  BOOST_TEST(said->keys == keys);
  BOOST_TEST(said->values == values);
}

BOOST_AUTO_TEST_CASE(bytes_beyond_the_block_are_refused) {
  const library::coded_block block(shape, encoded);
  std::vector<std::byte> out(16);
  BOOST_TEST((block.read(raw.size() - 15, out).error().code() == errc::invalid_argument));
  BOOST_TEST((block.read(~std::uint64_t{0}, out).error().code() == errc::invalid_argument));
  BOOST_TEST(block.read(raw.size(), std::span(out).first(0)).has_value());
}

BOOST_AUTO_TEST_CASE(threads_read_one_block_at_once) {
  const library::coded_block block(shape, encoded);
  const std::size_t half = raw.size() / 2;
  std::vector<std::byte> out(raw.size());
  std::thread other([&] { static_cast<void>(block.read(0, std::span(out).first(half))); });
  BOOST_TEST(block.read(half, std::span(out).subspan(half)).has_value());
  other.join();
  BOOST_TEST((out == raw));
}

BOOST_AUTO_TEST_CASE(garbage_and_other_layouts_are_corrupt) {
  std::vector<std::byte> out(16);
  const std::vector<std::byte> garbage(encoded.size(), std::byte{0x5a});
  BOOST_TEST((library::coded_block(shape, garbage).read(0, out).error().code() == errc::corrupt));
  const auto few = std::span<const std::byte>(encoded).first(10);
  BOOST_TEST((library::coded_block(shape, few).read(0, out).error().code() == errc::corrupt));
  BOOST_TEST((library::coded_block(shape, few).errors().error().code() == errc::corrupt));
  auto other = shape;
  other.layers = 2;
  BOOST_TEST((library::coded_block(other, encoded).read(0, out).error().code() == errc::corrupt));
  auto shorter = shape;
  shorter.block_tokens = 16;
  BOOST_TEST((library::coded_block(shorter, encoded).read(0, out).error().code() == errc::corrupt));
}

BOOST_AUTO_TEST_SUITE_END()
