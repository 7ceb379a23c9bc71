// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// How Boost.Test prints values of ours. Found by argument-dependent lookup, so it is in their
// namespace.
#pragma once

#include "core/error.hpp"

#include <ostream>

namespace cellard::core {

inline std::ostream& operator<<(std::ostream& out, errc code) {
  return out << to_string(code);
}

}  // namespace cellard::core
