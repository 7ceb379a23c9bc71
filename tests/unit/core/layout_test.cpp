// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "core/layout.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>
#include <limits>
#include <vector>

using namespace cellard::core;

namespace {

constexpr std::uint64_t gib = std::uint64_t{1} << 30;

layout llama() {
  layout shape;
  shape.type = dtype::f16;
  shape.layers = 32;
  shape.kv_heads = 8;
  shape.head_dim = 128;
  shape.v_head_dim = 128;
  shape.block_tokens = 256;
  return shape;
}

layout opaque(std::uint64_t bytes) {
  layout shape;
  shape.max_bytes = bytes;
  return shape;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(layout_)

BOOST_AUTO_TEST_CASE(a_block_has_k_and_v_of_all_layers) {
  BOOST_TEST(llama().block_bytes() == 2U * 32 * 256 * 8 * (128 + 128));
  auto latent = llama();
  latent.v_head_dim = 0;
  latent.type = dtype::f8e4m3;
  BOOST_TEST(latent.block_bytes() == 32U * 256 * 8 * 128);
  BOOST_TEST(opaque(1000).block_bytes() == 1000U);
}

BOOST_AUTO_TEST_CASE(every_type_has_a_name_and_a_size) {
  BOOST_TEST(element_bytes(dtype::f32) == 4U);
  BOOST_TEST(element_bytes(dtype::bf16) == 2U);
  BOOST_TEST(element_bytes(dtype::opaque) == 0U);
  BOOST_TEST(element_bytes(static_cast<dtype>(99)) == 0U);
  BOOST_TEST(to_string(dtype::f8e4m3) == "float8_e4m3");
  BOOST_TEST(to_string(static_cast<dtype>(99)) == "unknown");
}

BOOST_AUTO_TEST_CASE(good_layouts_pass) {
  BOOST_TEST(llama().check(gib).has_value());
  BOOST_TEST(llama().check(llama().block_bytes()).has_value());
  BOOST_TEST(opaque(gib).check(gib).has_value());
}

BOOST_AUTO_TEST_CASE(a_bad_field_is_named) {
  const std::vector<std::pair<const char*, std::function<void(layout&)>>> damages = {
    {"layers",
     [](layout& l) {
       l.layers = 0;
     }},
    {"kv_heads",
     [](layout& l) {
       l.kv_heads = 0;
     }},
    {"head_dim",
     [](layout& l) {
       l.head_dim = 1U << 21;
     }},
    {"v_head_dim",
     [](layout& l) {
       l.v_head_dim = std::numeric_limits<std::uint32_t>::max();
     }},
    {"block_tokens",
     [](layout& l) {
       l.block_tokens = 0;
     }},
    {"limits.block",
     [](layout& l) {
       l.block_tokens = 1U << 20;
     }},
    {"dtype",
     [](layout& l) {
       l.type = static_cast<dtype>(5);
     }},
    {"parts",
     [](layout& l) {
       l.parts = 0;
     }},
    {"parts",
     [](layout& l) {
       l.parts = max_parts + 1;
     }},
    {"model",
     [](layout& l) {
       l.model.resize(max_model_bytes + 1);
     }},
    {"weights",
     [](layout& l) {
       l.weights.resize(max_weights_bytes + 1);
     }},
    {"rotary_dim",
     [](layout& l) {
       l.rope.rotary_dim = 130;
     }},
    {"rotary_dim",
     [](layout& l) {
       l.rope.rotary_dim = 63;
     }},
    {"frequencies",
     [](layout& l) {
       l.rope.inverse_frequencies = {1.0F};
     }},
    {"max_bytes",
     [](layout& l) {
       l = opaque(0);
     }},
    {"max_bytes",
     [](layout& l) {
       l = opaque(gib + 1);
     }},
  };
  for (const auto& [field, damage] : damages) {
    auto shape = llama();
    damage(shape);
    const auto checked = shape.check(gib);
    BOOST_TEST_REQUIRE(!checked.has_value(), field);
    BOOST_TEST((checked.error().code() == errc::invalid_argument));
    BOOST_TEST(checked.error().context().find(field) != std::string::npos,
               checked.error().context());
  }
}

BOOST_AUTO_TEST_CASE(the_largest_axes_do_not_overflow) {
  auto shape = llama();
  shape.type = dtype::f32;
  shape.layers = shape.kv_heads = shape.head_dim = shape.v_head_dim = shape.block_tokens = 1U << 20;
  BOOST_TEST(!shape.check(std::uint64_t{64} << 30).has_value());
}

BOOST_AUTO_TEST_CASE(a_difference_names_the_first_field_and_both_values) {
  BOOST_TEST(llama().difference(llama()).empty());
  auto other = llama();
  other.head_dim = 64;
  BOOST_TEST(llama().difference(other) == "head_dim is 128, not 64");
  other = llama();
  other.type = dtype::bf16;
  BOOST_TEST(llama().difference(other) == "dtype is float16, not bfloat16");
  other = llama();
  other.weights = "sha256:01";
  BOOST_TEST(llama().difference(other) == "weights is '', not 'sha256:01'");
  other = llama();
  other.parts = 2;
  BOOST_TEST(llama().difference(other) == "parts is 1, not 2");
  other = llama();
  other.rope.theta = 1e4;
  BOOST_TEST(llama().difference(other) == "rope differs");
}

BOOST_AUTO_TEST_SUITE_END()
