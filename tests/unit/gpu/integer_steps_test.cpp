// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// What a step promises, worked out in double, over ranges of every size; and the loops of every
// level against step_of, value by value.
#include "gpu/host/integer_loops.hpp"
#include "tests/unit/gpu/levels.hpp"

#include <boost/test/unit_test.hpp>

#include <random>

namespace {

using namespace cellard;
using namespace gpu::host;
using tests::every_level;

constexpr std::array storages{step_storage::f16, step_storage::f32};

struct range {
  float least;
  float most;
};

std::vector<range> ranges() {
  std::vector<range> out{{0, 0},
                         {-0.0F, 0.0F},
                         {-0.0F, -0.0F},
                         {1, 1},
                         {-1, -1},
                         {-65504, 65504},
                         {-65505, 65520},
                         {0, 65520},
                         {65530, 65540},
                         {0, 0x1p-149F},
                         {0, 0x1p-24F},
                         {-0x1p-25F, 0x1p-25F},
                         {0, 0x1.004p-14F},
                         {-0x1p-14F, 0x1p-10F},
                         {0, 0x1p119F},
                         {-0x1p120F, 0x1p120F},
                         {0, 0x1p121F}};
  std::mt19937 random(6);
  std::uniform_real_distribution<float> exponent(-40, 40);
  std::uniform_real_distribution<float> part(-1, 1);
  for (int i = 0; i < 20000; ++i) {
    const float scale = std::exp2(exponent(random));
    const float one = part(random) * scale;
    const float other = part(random) * (i % 3 == 0 ? one : scale);
    out.push_back({std::min(one, other), std::max(one, other)});
  }
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(integer_steps)

BOOST_AUTO_TEST_CASE(codes_reach_both_ends_of_the_range) {
  for (const range& each : ranges()) {
    for (const step_storage storage : storages) {
      for (const double top : {127.0, 63.0, 15.0, 3.0}) {
        const bool symmetric = top == 127.0;
        const auto step =
          step_of(each.least, each.most, symmetric, static_cast<float>(top), storage);
        if (!step.held) {
          continue;
        }
        BOOST_TEST_CONTEXT(each.least << " to " << each.most << ", top " << top << ", storage "
                                      << static_cast<int>(storage)) {
          const double reach = step.scale * top + step.least;
          // The division rounds once more; f32 steps make nothing of subnormal numbers.
          const double slack =
            1e-6 * std::max(std::abs(each.least), std::abs(each.most)) + 0x1p-126;
          BOOST_TEST(reach + slack >= (symmetric ? std::max(each.most, -each.least) : each.most));
          BOOST_TEST((symmetric || step.least <= each.least));
          // Not wider than rounding once to the storage makes it, an f16 of 5 bits at the worst.
          const double range =
            symmetric ? std::max<double>(each.most, -each.least) : double{each.most} - step.least;
          BOOST_TEST(step.scale
                     <= std::max(range / top * (storage == step_storage::f16 ? 1.07 : 1.0001),
                                 storage == step_storage::f16 ? 0.0 : 0x1p-126));
          if (storage == step_storage::f16) {
            BOOST_TEST(gpu::f16_to_float(gpu::float_to_f16(step.scale)) == step.scale);
            BOOST_TEST(gpu::f16_to_float(gpu::float_to_f16(step.least)) == step.least);
          } else {
            BOOST_TEST((std::bit_cast<std::uint32_t>(step.scale) & f32_scale_cut) == 0U);
          }
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(what_f16_cannot_hold_is_not_held) {
  const auto held = [](float least, float most, step_storage storage) {
    return step_of(least, most, false, 15, storage).held;
  };
  BOOST_TEST(held(-65504, 65504, step_storage::f16));
  BOOST_TEST(!held(-65505, 0, step_storage::f16));
  BOOST_TEST(!held(0, 1e7F, step_storage::f16));
  BOOST_TEST(!held(0, 1e-6F, step_storage::f16));  // its scale would have two bits
  BOOST_TEST(held(0, 0, step_storage::f16));
  for (const float size : {1e7F, 1e-6F, 1e30F, 1e-40F}) {
    BOOST_TEST(held(0, size, step_storage::f32), size);
  }
  BOOST_TEST(!held(0, 1e37F, step_storage::f32));
}

BOOST_DATA_TEST_CASE(the_loops_are_step_of, every_level(), loops) {
  const auto all = ranges();
  std::vector<float> least;
  std::vector<float> most;
  for (const range& each : all) {
    least.push_back(each.least);
    most.push_back(each.most);
  }
  std::vector<float> scale(all.size());
  std::vector<float> offset(all.size());
  std::vector<float> inverse(all.size());
  const auto& table = integer_loops_of(loops);
  for (const step_storage storage : storages) {
    for (const float top : {127.0F, 15.0F, 3.0F}) {
      const bool symmetric = top == 127.0F;
      const auto loop = symmetric ? table.symmetric_steps : table.asymmetric_steps;
      for (std::size_t i = 0; i < all.size(); i += 37) {  // lengths around those of vectors
        const std::size_t count = std::min<std::size_t>(37, all.size() - i);
        const bool held =
          loop(&least[i], &most[i], count, top, storage, {&scale[i], &offset[i], &inverse[i]});
        bool all_held = true;
        for (std::size_t j = i; j < i + count; ++j) {
          const auto wanted = step_of(least[j], most[j], symmetric, top, storage);
          all_held = all_held && wanted.held;
          if (wanted.held) {
            BOOST_TEST_REQUIRE((integer_step{scale[j], offset[j], inverse[j], true} == wanted),
                               least[j] << " to " << most[j]);
            BOOST_TEST_REQUIRE(std::signbit(scale[j]) == std::signbit(wanted.scale));
            BOOST_TEST_REQUIRE(std::signbit(offset[j]) == std::signbit(wanted.least));
          }
        }
        BOOST_TEST_REQUIRE(held == all_held);
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
