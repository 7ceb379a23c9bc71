// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Rotation against a computation in double, its way back, and every level against the scalar one to
// the bit: both pairings, part of the channels, numbers of pairs that no vector divides.
#include "gpu/host/rope_loops.hpp"

#include "tests/unit/gpu/levels.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <cstring>
#include <random>

namespace {

using namespace cellard;
using gpu::host::level;
using gpu::host::rope_loops_of;
using tests::every_level;
using pairing = core::rope_descriptor::pairing_kind;

constexpr std::uint32_t tokens = 3;
constexpr std::uint32_t heads = 2;

struct shape {
  std::uint32_t dim;
  std::uint32_t rotary;
};
constexpr std::array shapes{shape{128, 128}, shape{128, 64}, shape{7, 6},  shape{80, 80},
                            shape{2, 2},     shape{96, 38},  shape{64, 64}};

gpu::rope_table table_of(const shape& what, pairing how) {
  core::rope_descriptor rope;
  rope.rotary_dim = what.rotary;
  rope.pairing = how;
  rope.theta = 10000;
  return {rope, 11, tokens + 1};
}

std::vector<float> random_keys(const shape& what) {
  std::mt19937 random(5);
  std::normal_distribution<float> normal;
  std::vector<float> keys(std::size_t{tokens} * heads * what.dim);
  for (float& each : keys) {
    each = normal(random);
  }
  return keys;
}

template <class Check>
void with_every_shape(Check&& check) {
  for (const shape& what : shapes) {
    for (const pairing how : {pairing::half, pairing::interleaved}) {
      BOOST_TEST_CONTEXT("dim " << what.dim << ", rotary " << what.rotary << ", pairing "
                                << static_cast<int>(how)) {
        check(what, table_of(what, how));
      }
    }
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(rope_loops)

BOOST_AUTO_TEST_CASE(each_pair_turns_by_its_angle_and_the_rest_stays) {
  with_every_shape([](const shape& what, const gpu::rope_table& table) {
    const auto before = random_keys(what);
    auto after = before;
    rope_loops_of(level::scalar).rotate(table, {1, tokens}, heads, what.dim, after.data());
    for (std::size_t row = 0; row < std::size_t{tokens} * heads; ++row) {
      const float* from = before.data() + row * what.dim;
      const float* to = after.data() + row * what.dim;
      const auto token = static_cast<std::uint32_t>(1 + row / heads);
      for (std::uint32_t i = 0; i < table.pairs(); ++i) {
        const bool half = table.pairing() == pairing::half;
        const std::uint32_t a = half ? i : 2 * i;
        const std::uint32_t b = half ? i + table.pairs() : 2 * i + 1;
        const double cosine{table.cosines(token)[i]};
        const double sine{table.sines(token)[i]};
        BOOST_TEST(std::abs(to[a] - (from[a] * cosine - from[b] * sine)) < 1e-6);
        BOOST_TEST(std::abs(to[b] - (from[a] * sine + from[b] * cosine)) < 1e-6);
      }
      for (std::uint32_t i = 2 * table.pairs(); i < what.dim; ++i) {
        BOOST_TEST(to[i] == from[i]);
      }
    }
  });
}

BOOST_AUTO_TEST_CASE(undoing_gives_back_what_was_rotated) {
  with_every_shape([](const shape& what, const gpu::rope_table& table) {
    const auto before = random_keys(what);
    auto after = before;
    const auto& loops = rope_loops_of(level::scalar);
    loops.rotate(table, {0, tokens}, heads, what.dim, after.data());
    loops.undo(table, {0, tokens}, heads, what.dim, after.data());
    for (std::size_t i = 0; i < before.size(); ++i) {
      BOOST_TEST(std::abs(before[i] - after[i]) < 1e-6);
    }
  });
}

BOOST_DATA_TEST_CASE(every_level_has_the_scalar_bits, every_level(), loops) {
  with_every_shape([&](const shape& what, const gpu::rope_table& table) {
    for (const auto direction : {&gpu::host::rope_loops::rotate, &gpu::host::rope_loops::undo}) {
      auto wanted = random_keys(what);
      auto seen = wanted;
      (rope_loops_of(level::scalar).*direction)(table, {1, tokens}, heads, what.dim, wanted.data());
      (rope_loops_of(loops).*direction)(table, {1, tokens}, heads, what.dim, seen.data());
      BOOST_TEST(std::memcmp(wanted.data(), seen.data(), 4 * seen.size()) == 0);
    }
  });
}

BOOST_AUTO_TEST_SUITE_END()
