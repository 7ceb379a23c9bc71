// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The table against its definition, position by position.
#include "gpu/rope_table.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>

namespace {

using cellard::core::rope_descriptor;
using cellard::gpu::rope_table;

rope_descriptor plain(std::uint32_t dim) {
  rope_descriptor how;
  how.rotary_dim = dim;
  how.theta = 10000;
  return how;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(rope)

BOOST_AUTO_TEST_CASE(angles_are_position_times_frequency) {
  const rope_table table(plain(64), 1000, 5);
  BOOST_TEST(table.pairs() == 32U);
  BOOST_TEST(table.tokens() == 5U);
  for (std::uint32_t token = 0; token < 5; ++token) {
    for (std::uint32_t i = 0; i < 32; ++i) {
      const double angle = (1000.0 + token) * std::exp(-std::log(10000.0) * i / 32);
      BOOST_TEST(std::abs(double{table.cosines(token)[i]} - std::cos(angle)) < 1e-7);
      BOOST_TEST(std::abs(double{table.sines(token)[i]} - std::sin(angle)) < 1e-7);
    }
  }
}

BOOST_AUTO_TEST_CASE(given_frequencies_are_used_as_they_are) {
  rope_descriptor how = plain(4);
  how.inverse_frequencies = {0.5F, 0.25F};
  const rope_table table(how, 3, 1);
  BOOST_TEST(table.cosines(0)[0] == static_cast<float>(std::cos(1.5)));
  BOOST_TEST(table.sines(0)[1] == static_cast<float>(std::sin(0.75)));
}

BOOST_AUTO_TEST_CASE(scaling_divides_positions) {
  rope_descriptor stretched = plain(16);
  stretched.scaling = 4;
  const rope_table far(stretched, 400, 1);
  const rope_table near(plain(16), 100, 1);
  BOOST_TEST(std::equal(far.sines(0).begin(), far.sines(0).end(), near.sines(0).begin()));
}

BOOST_AUTO_TEST_CASE(far_positions_keep_their_precision) {
  // Angles are worked out in double: in float, position 2^20 would be off by 0.03 radians.
  const rope_table table(plain(2), 1U << 20U, 1);
  BOOST_TEST(std::abs(double{table.sines(0)[0]} - std::sin(1048576.0)) < 1e-7);
}

BOOST_AUTO_TEST_CASE(without_the_first_tokens_the_rest_is_the_same) {
  const rope_table whole(plain(8), 7, 6);
  const rope_table rest = whole.without_first(2);
  BOOST_TEST_REQUIRE(rest.tokens() == 4U);
  for (std::uint32_t token = 0; token < 4; ++token) {
    const auto left = rest.cosines(token);
    BOOST_TEST(std::equal(left.begin(), left.end(), whole.cosines(token + 2).begin()));
    BOOST_TEST(rest.sines(token)[1] == whole.sines(token + 2)[1]);
  }
}

BOOST_AUTO_TEST_SUITE_END()
