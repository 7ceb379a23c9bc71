// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "gpu/profile_learner.hpp"

#include "core/error.hpp"
#include "gpu/block.hpp"
#include "gpu/host/rope_loops.hpp"
#include "gpu/rope_table.hpp"
#include "tests/support/jacobi.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <random>

namespace {

using namespace cellard;
using gpu::profile_learner;
using gpu::side;

core::layout model() {
  core::layout shape;
  shape.type = core::dtype::f32;
  shape.layers = 2;
  shape.kv_heads = 2;
  shape.head_dim = 4;
  shape.v_head_dim = 3;
  shape.block_tokens = 96;
  return shape;
}

std::size_t values_of(const core::layout& shape) {
  return shape.block_bytes() / sizeof(float);
}

std::vector<float> noise(const core::layout& shape, unsigned seed, float mean) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(mean);
  std::vector<float> out(values_of(shape));
  std::generate(out.begin(), out.end(), [&] { return normal(random); });
  return out;
}

/// Of a profile that was learned to its end.
std::shared_ptr<const gpu::profile> finished(profile_learner& learner, std::size_t parts) {
  for (std::size_t i = 1; i < parts; ++i) {
    const auto step = learner.step(tests::jacobi);
    BOOST_TEST_REQUIRE(step.has_value());
    BOOST_TEST_REQUIRE((*step == nullptr));
  }
  const auto last = learner.step(tests::jacobi);
  BOOST_TEST_REQUIRE(last.has_value());
  BOOST_TEST_REQUIRE((*last != nullptr));
  return *last;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(profile_learners)

BOOST_AUTO_TEST_CASE(some_tokens_of_each_block_are_enough_and_a_step_is_a_segment) {
  profile_learner learner(model(), 200);
  gpu::scratch work;
  for (unsigned block = 0; block < 4; ++block) {
    BOOST_TEST(learner.looks());
    const auto raw = noise(model(), block, 5);
    learner.look_at(96 * block, std::as_bytes(std::span(raw)), 0, work);
  }
  BOOST_TEST(!learner.looks());
  BOOST_TEST(learner.seen() == 4 * 64U);
  const auto made = finished(learner, 4);
  BOOST_TEST(made->tokens() == 4 * 64U);
  BOOST_TEST((made->shape() == *gpu::profile_shape_of(model())));
  for (std::uint32_t layer = 0; layer < 2; ++layer) {
    for (const auto which : {side::keys, side::values}) {
      for (const float mean : made->part(layer, which).means) {
        BOOST_TEST(std::abs(mean - 5) < 0.5);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(the_first_tokens_of_a_sequence_are_not_looked_at) {
  auto shape = model();
  shape.block_tokens = 8;
  const auto token = values_of(shape) / 8 / shape.layers;
  profile_learner learner(shape, 8);
  gpu::scratch work;
  auto raw = noise(shape, 1, 0);
  // The first four tokens of each segment: [layer][token][head][dim], keys and then values.
  const std::size_t keys = std::size_t{shape.kv_heads} * shape.head_dim;
  const std::size_t values = token - keys;
  const auto spoil = [&](std::size_t at, std::size_t channels) {
    std::fill_n(raw.begin() + static_cast<std::ptrdiff_t>(at), 4 * channels, 1e6F);
  };
  for (std::size_t layer = 0; layer < shape.layers; ++layer) {
    spoil(layer * 8 * keys, keys);
    spoil(shape.layers * 8 * keys + layer * 8 * values, values);
  }
  learner.look_at(0, std::as_bytes(std::span(raw)), 4, work);
  BOOST_TEST(learner.seen() == 4U);
  // Of a later block all tokens count.
  const auto later = noise(shape, 2, 0);
  learner.look_at(8, std::as_bytes(std::span(later)), 4, work);
  BOOST_TEST(learner.seen() == 12U);
  const auto made = finished(learner, 4);
  for (const float mean : made->part(1, side::keys).means) {
    BOOST_TEST(std::abs(mean) < 3);
  }
}

BOOST_AUTO_TEST_CASE(keys_are_rotated_back_from_where_they_stand) {
  auto shape = model();
  shape.rope.rotary_dim = 4;
  shape.rope.theta = 100;
  shape.rope.first_position = 3;
  profile_learner learner(shape, 200);
  gpu::scratch work;
  for (std::uint64_t block = 0; block < 4; ++block) {
    // Before their rotation all keys are (1, 2, 3, 4).
    const auto what = gpu::block::of(shape, shape.block_tokens, block * 96);
    std::vector<float> raw = noise(shape, 1, 0);
    const gpu::rope_table table(shape.rope, 3 + block * 96, shape.block_tokens);
    for (std::uint32_t layer = 0; layer < shape.layers; ++layer) {
      float* const to = raw.data() + what.raw_offset(layer, side::keys) / sizeof(float);
      for (std::size_t i = 0; i < what.at(layer, side::keys).count(); ++i) {
        to[i] = static_cast<float>(1 + i % 4);
      }
      gpu::host::rope_loops_of(gpu::host::level::scalar)
        .rotate(table, {0, shape.block_tokens}, shape.kv_heads, shape.head_dim, to);
    }
    learner.look_at(block * 96, std::as_bytes(std::span(raw)), 0, work);
  }
  const auto made = finished(learner, 4);
  const auto part = made->part(1, side::keys);
  for (std::size_t channel = 0; channel < part.means.size(); ++channel) {
    BOOST_TEST(std::abs(part.means[channel] - static_cast<float>(1 + channel % 4)) < 1e-4);
    BOOST_TEST(part.scales[channel] < 1e-2);
  }
}

BOOST_AUTO_TEST_CASE(a_segment_that_is_never_finite_has_no_profile) {
  profile_learner learner(model(), 64);
  gpu::scratch work;
  auto raw = noise(model(), 1, 0);
  std::fill(raw.end() - 96 * 6, raw.end(), NAN);  // values of the last layer
  while (learner.looks()) {
    learner.look_at(0, std::as_bytes(std::span(raw)), 0, work);
  }
  const auto step = learner.step(tests::jacobi);
  BOOST_TEST_REQUIRE(!step.has_value());
  BOOST_TEST((step.error().code() == core::errc::invalid_argument));
}

BOOST_AUTO_TEST_CASE(its_memory_is_known_beforehand) {
  // Keys: 8 channels in heads of 4, values: 6 in heads of 3; sums and products, in double.
  const auto shape = *gpu::profile_shape_of(model());
  BOOST_TEST(profile_learner::memory_bytes(shape)
             == 2 * (8 * (1 + 4) + 6 * (1 + 3)) * sizeof(double) + shape.bytes());
}

BOOST_AUTO_TEST_CASE(opaque_blocks_have_no_profile) {
  BOOST_TEST(!gpu::profile_shape_of(core::layout{}).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
