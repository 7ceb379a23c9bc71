// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Quantizer and compressor as core::cache holds them: what a user stores comes back, tails of fewer
// tokens too, and what no codec can take is refused with a sentence.
#include "core/cache.hpp"
#include "gpu/compressor.hpp"
#include "gpu/host/codecs.hpp"
#include "gpu/quantizer.hpp"

#include <boost/test/unit_test.hpp>

#include <random>
#include <vector>

namespace {

using namespace cellard;

core::layout model() {
  core::layout shape;
  shape.type = core::dtype::f16;
  shape.layers = 2;
  shape.kv_heads = 2;
  shape.head_dim = 16;
  shape.v_head_dim = 16;
  shape.block_tokens = 64;
  shape.rope.rotary_dim = 16;
  shape.rope.theta = 10000;
  return shape;
}

std::vector<std::byte> random_halves(std::size_t bytes) {
  std::mt19937 random(3);
  std::vector<std::byte> out(bytes);
  for (std::size_t i = 0; i < bytes; i += 2) {
    out[i] = static_cast<std::byte>(random());
    out[i + 1] = static_cast<std::byte>(0x38 + random() % 8 + (random() % 2) * 0x80);
  }
  return out;
}

core::block_key key_of(std::uint8_t number) {
  core::block_key key;
  key.bytes[0] = number;
  return key;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(container_codec)

BOOST_AUTO_TEST_CASE(lossless_blocks_and_tails_come_back_to_the_bit) {
  const auto by = gpu::compressor::make(gpu::host::best_codecs(), "lossless");
  BOOST_TEST_REQUIRE(by.has_value());
  const auto shape = model();
  for (const std::uint32_t tokens : {64U, 63U, 1U}) {
    const auto raw = random_halves(shape.block_bytes() / shape.block_tokens * tokens);
    std::vector<std::byte> coded((*by)->most_encoded_bytes(shape, raw.size()));
    const auto length = (*by)->encode(shape, 0, raw, coded);
    BOOST_TEST_REQUIRE(length.has_value());
    std::vector<std::byte> back(shape.block_bytes());
    const auto decoded = (*by)->decode(shape, std::span(coded).first(*length), back);
    BOOST_TEST_REQUIRE(decoded.has_value());
    back.resize(*decoded);
    BOOST_TEST((back == raw));
  }
}

BOOST_AUTO_TEST_CASE(a_cache_with_a_quantizer_stores_less_and_gives_values_back) {
  auto kv = std::move(*core::cache::make(model(), 4 << 20));
  auto by = gpu::quantizer::make(gpu::host::best_codecs(), "int8");
  BOOST_TEST_REQUIRE(by.has_value());
  kv.exchange_quantizer(std::move(*by));
  const auto raw = random_halves(model().block_bytes());
  const std::vector<std::span<const std::byte>> blocks{raw, raw};
  const std::vector<core::block_key> keys{key_of(1), key_of(2)};
  for (const auto status : kv.put(nullptr, keys, blocks)) {
    BOOST_TEST((status == core::errc::ok));
  }
  BOOST_TEST(kv.statistics().payload_bytes.get() < 2 * raw.size() * 6 / 10);
  std::size_t seen = 0;
  kv.get(keys, [&](std::size_t, std::span<const std::byte> block) {
    BOOST_TEST(block.size() == raw.size());
    ++seen;
  });
  BOOST_TEST(seen == 2U);
}

BOOST_AUTO_TEST_CASE(what_is_no_block_of_tokens_is_refused) {
  const auto by = gpu::quantizer::make(gpu::host::best_codecs(), "int8");
  core::layout opaque;
  opaque.max_bytes = 4096;
  const std::vector<std::byte> raw(4096);
  std::vector<std::byte> out(8192);
  BOOST_TEST((*by)->most_encoded_bytes(opaque, raw.size()) == 0U);
  BOOST_TEST(!(*by)->encode(opaque, 0, raw, out).has_value());
  BOOST_TEST(!(*by)->encode(model(), 0, std::span(raw).first(5), out).has_value());
}

BOOST_AUTO_TEST_CASE(each_family_knows_its_own_names) {
  const auto& codecs = gpu::host::best_codecs();
  BOOST_TEST(gpu::quantizer::make(codecs, "mixed-hi").has_value());
  BOOST_TEST(!gpu::quantizer::make(codecs, "lossless").has_value());
  BOOST_TEST(gpu::compressor::make(codecs, "lossless-rans").has_value());
  BOOST_TEST(!gpu::compressor::make(codecs, "int4").has_value());
}

BOOST_AUTO_TEST_SUITE_END()
