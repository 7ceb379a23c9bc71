// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The range finder against matrices whose singular values are known, and Jacobi's rotations.
#include "gpu/host/low_rank.hpp"

#include "gpu/host/symmetric_eigen.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace {

using namespace cellard;
using namespace gpu::host;

/// Orthonormal columns, [size][count], from random ones.
std::vector<double> orthonormal(std::size_t size, std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal;
  std::vector<double> out(size * count);
  std::generate(out.begin(), out.end(), [&] { return normal(random); });
  for (std::size_t i = 0; i < count; ++i) {
    const auto product = [&](std::size_t k) {
      double sum = 0;
      for (std::size_t t = 0; t < size; ++t) {
        sum += out[t * count + i] * out[t * count + k];
      }
      return sum;
    };
    for (int pass = 0; pass < 2; ++pass) {
      for (std::size_t k = 0; k < i; ++k) {
        const double share = product(k);
        for (std::size_t t = 0; t < size; ++t) {
          out[t * count + i] -= share * out[t * count + k];
        }
      }
    }
    const double norm = std::sqrt(product(i));
    for (std::size_t t = 0; t < size; ++t) {
      out[t * count + i] /= norm;
    }
  }
  return out;
}

std::vector<float> matrix_of(const std::vector<double>& singular, std::size_t rows,
                             std::size_t columns) {
  const auto left = orthonormal(rows, singular.size(), 1);
  const auto right = orthonormal(columns, singular.size(), 2);
  std::vector<float> out(rows * columns);
  for (std::size_t t = 0; t < rows; ++t) {
    for (std::size_t c = 0; c < columns; ++c) {
      double sum = 0;
      for (std::size_t j = 0; j < singular.size(); ++j) {
        sum += left[t * singular.size() + j] * singular[j] * right[c * singular.size() + j];
      }
      out[t * columns + c] = static_cast<float>(sum);
    }
  }
  return out;
}

/// Share of the energy that the factors miss, from the factors themselves.
double missed(const std::vector<float>& whole, const low_rank& by, std::size_t columns) {
  double off = 0;
  double all = 0;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    double sum = 0;
    for (std::size_t j = 0; j < by.rank; ++j) {
      sum += static_cast<double>(by.left[i / columns * by.rank + j])
             * static_cast<double>(by.right[j * columns + i % columns]);
    }
    off += std::pow(sum - static_cast<double>(whole[i]), 2);
    all += std::pow(static_cast<double>(whole[i]), 2);
  }
  return off / all;
}

std::vector<double> falling(std::size_t count, double by) {
  std::vector<double> out(count);
  for (std::size_t j = 0; j < count; ++j) {
    out[j] = std::pow(by, static_cast<double>(j));
  }
  return out;
}

/// The best that any factors of this rank can do (Eckart and Young).
double least_missed(const std::vector<double>& singular, std::size_t rank) {
  double tail = 0;
  double all = 0;
  for (std::size_t j = 0; j < singular.size(); ++j) {
    const double square = singular[j] * singular[j];
    all += square;
    tail += j < rank ? 0 : square;
  }
  return tail / all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(low_ranks)

BOOST_AUTO_TEST_CASE(a_matrix_of_few_directions_is_found_whole) {
  for (const auto& [rows, columns] :
       {std::pair<std::size_t, std::size_t>{40, 90}, {90, 40}, {5, 3}}) {
    const auto whole = matrix_of({5, 3, 0.5}, rows, columns);
    auto spent = whole;
    gpu::scratch work;
    const auto found = find_low_rank(spent, rows, columns, {1, 16}, work);
    BOOST_TEST(found.rank == 3U);
    BOOST_TEST(missed(whole, found, columns) < 1e-10);
  }
}

BOOST_AUTO_TEST_CASE(it_takes_no_more_directions_than_the_energy_asks_for) {
  const auto singular = falling(60, 0.93);
  const auto whole = matrix_of(singular, 70, 100);
  for (const double energy : {0.5, 0.9, 0.99, 0.999}) {
    auto spent = whole;
    gpu::scratch work;
    const auto found = find_low_rank(spent, 70, 100, {energy, 60}, work);
    std::size_t best = 0;
    while (least_missed(singular, best) > 1 - energy) {
      ++best;
    }
    BOOST_TEST(found.rank >= best);
    BOOST_TEST(found.rank <= best + 1);  // a randomised basis may need one more
    BOOST_TEST(missed(whole, found, 100) <= (1 - energy) * 1.001);
    BOOST_TEST(found.energy == 1 - missed(whole, found, 100), boost::test_tools::tolerance(1e-4));
  }
}

BOOST_AUTO_TEST_CASE(of_a_limited_rank_it_finds_nearly_the_best) {
  for (const double by : {0.99, 0.9, 0.7}) {
    const auto singular = falling(64, by);
    const auto whole = matrix_of(singular, 80, 64);
    auto spent = whole;
    gpu::scratch work;
    const auto found = find_low_rank(spent, 80, 64, {1, 16}, work);
    BOOST_TEST_REQUIRE(found.rank == 16U);
    BOOST_TEST(missed(whole, found, 64) <= 1.1 * least_missed(singular, 16) + 1e-10);
  }
}

BOOST_AUTO_TEST_CASE(too_little_energy_is_told) {
  const auto singular = falling(50, 1);
  auto spent = matrix_of(singular, 60, 50);
  gpu::scratch work;
  const auto found = find_low_rank(spent, 60, 50, {0.99, 10}, work);
  BOOST_TEST(found.rank == 10U);
  BOOST_TEST(found.energy == 0.2, boost::test_tools::tolerance(0.01));
}

BOOST_AUTO_TEST_CASE(columns_of_left_and_rows_of_right_share_the_singular_value) {
  const std::vector<double> singular{9, 4, 1};
  auto spent = matrix_of(singular, 30, 20);
  gpu::scratch work;
  const auto found = find_low_rank(spent, 30, 20, {1, 3}, work);
  for (std::size_t j = 0; j < 3; ++j) {
    double left = 0;
    double right = 0;
    for (std::size_t t = 0; t < 30; ++t) {
      left += std::pow(static_cast<double>(found.left[t * 3 + j]), 2);
    }
    for (std::size_t c = 0; c < 20; ++c) {
      right += std::pow(static_cast<double>(found.right[j * 20 + c]), 2);
    }
    BOOST_TEST(left == singular[j], boost::test_tools::tolerance(1e-3));
    BOOST_TEST(right == singular[j], boost::test_tools::tolerance(1e-3));
  }
}

BOOST_AUTO_TEST_CASE(zeros_have_no_direction) {
  std::vector<float> zeros(12);
  gpu::scratch work;
  const auto found = find_low_rank(zeros, 3, 4, {0.99, 3}, work);
  BOOST_TEST(found.rank == 0U);
  BOOST_TEST(found.energy == 1.0);
}

BOOST_AUTO_TEST_CASE(rotations_make_a_symmetric_matrix_diagonal) {
  constexpr std::size_t size = 9;
  std::mt19937 random(7);
  std::normal_distribution<double> normal;
  std::vector<double> matrix(size * size);
  for (std::size_t a = 0; a < size; ++a) {
    for (std::size_t b = a; b < size; ++b) {
      matrix[a * size + b] = matrix[b * size + a] = normal(random);
    }
  }
  auto values = matrix;
  std::vector<double> vectors(size * size);
  diagonalise(values, size, vectors);
  for (std::size_t a = 0; a < size; ++a) {
    for (std::size_t b = 0; b < size; ++b) {
      double product = 0;  // of two vectors
      double element = 0;  // of vectors * matrix * vectors^T
      for (std::size_t i = 0; i < size; ++i) {
        product += vectors[a * size + i] * vectors[b * size + i];
        for (std::size_t k = 0; k < size; ++k) {
          element += vectors[a * size + i] * matrix[i * size + k] * vectors[b * size + k];
        }
      }
      BOOST_TEST(std::abs(product - (a == b ? 1 : 0)) < 1e-12);
      BOOST_TEST(std::abs(element - values[a * size + b]) < 1e-12);
      if (a != b) {
        const double beside = std::sqrt(std::abs(values[a * size + a] * values[b * size + b]));
        BOOST_TEST(std::abs(element) <= 1.001e-3 * beside);
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
