// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// What a client takes from the options and the environment: where the socket may be, how long a
// call may last, and whether the cache is switched off.
#pragma once

#include "core/result.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace cellard::library {

struct endpoint {
  std::vector<std::string> sockets;  ///< tried in this order
  std::string client_name;
  std::chrono::milliseconds deadline{1000};
  bool disabled = false;  ///< $CELLARD_DISABLE
};

/// `socket` and `client_name` may be null, `deadline_ms` 0: then the environment and the defaults
/// decide. An explicit socket and $CELLARD_SOCKET are the only candidate; without them,
/// $XDG_RUNTIME_DIR/cellard/cellard.sock and then /run/cellard/cellard.sock are.
/// errc::invalid_argument names the variable that cannot be understood.
core::result<endpoint> find_endpoint(const char* socket, const char* client_name,
                                     std::uint32_t deadline_ms);

}  // namespace cellard::library
