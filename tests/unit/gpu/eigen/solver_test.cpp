// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "gpu/eigen/solver.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <random>
#include <vector>

BOOST_AUTO_TEST_SUITE(symmetric_solver, *boost::unit_test::tolerance(1e-9))

BOOST_AUTO_TEST_CASE(row_i_of_the_vectors_belongs_to_value_i) {
  constexpr std::size_t size = 37;
  std::mt19937 random(1);
  std::normal_distribution<double> normal;
  std::vector<double> matrix(size * size);
  for (std::size_t a = 0; a < size; ++a) {
    for (std::size_t b = 0; b <= a; ++b) {
      matrix[a * size + b] = matrix[b * size + a] = normal(random);
    }
  }
  std::vector<double> values(size);
  std::vector<double> vectors(size * size);
  cellard::gpu::symmetric_solver()(size, matrix, values, vectors);
  for (std::size_t i = 0; i < size; ++i) {
    const auto vector = std::span(vectors).subspan(i * size, size);
    double length = 0;
    double off = 0;
    for (std::size_t a = 0; a < size; ++a) {
      double product = 0;
      for (std::size_t b = 0; b < size; ++b) {
        product += matrix[a * size + b] * vector[b];
      }
      off += std::abs(product - values[i] * vector[a]);
      length += vector[a] * vector[a];
    }
    BOOST_TEST(length == 1.0);
    BOOST_TEST(off < 1e-9);
  }
}

BOOST_AUTO_TEST_SUITE_END()
