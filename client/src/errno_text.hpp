// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The kernel's sentence for errno: strerror for several threads.
#pragma once

#include <cerrno>
#include <string>
#include <system_error>

namespace cellard::library {

inline std::string errno_text() {
  return std::generic_category().message(errno);
}

}  // namespace cellard::library
