// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "gpu/eigen/solver.hpp"

#include <Eigen/Eigenvalues>

namespace cellard::gpu {

eigen_solver symmetric_solver() {
  return [](std::size_t size, std::span<const double> symmetric, std::span<double> values,
            std::span<double> vectors) {
    const auto side = static_cast<Eigen::Index>(size);
    // A symmetric matrix is the same by rows and by columns, and a column of the result is a row of
    // ours.
    const Eigen::Map<const Eigen::MatrixXd> matrix(symmetric.data(), side, side);
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solved(matrix);
    Eigen::Map<Eigen::VectorXd>(values.data(), side) = solved.eigenvalues();
    Eigen::Map<Eigen::MatrixXd>(vectors.data(), side, side) = solved.eigenvectors();
  };
}

}  // namespace cellard::gpu
