// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Data for tests that run once a level: BOOST_DATA_TEST_CASE(name, every_level(), loops).
#pragma once

#include "gpu/host/level.hpp"

#include <boost/test/data/test_case.hpp>

#include <ostream>

namespace cellard::gpu::host {

inline std::ostream& boost_test_print_type(std::ostream& out, level loops) {
  return out << to_string(loops);
}

}  // namespace cellard::gpu::host

namespace cellard::tests {

inline const std::vector<gpu::host::level>& every_level() {
  return gpu::host::supported_levels();
}

}  // namespace cellard::tests
