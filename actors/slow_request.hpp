// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// A request that took longer than daemon.slow_request: enough to find who asked for what, and
// nothing of what is stored: no key, no salt, no byte of a block. Whoever answers late tells the
// sink, which passes it to the session; the session knows the rest and tells the listener.
#pragma once

#include "protocol/frame.hpp"

#include <caf/allowed_unsafe_message_type.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace cellard::actors {

struct slow_request {
  protocol::opcode op{};
  std::uint32_t handle = 0;  ///< of the namespace; 0 when the request has none
  std::string space;         ///< its name, or the one that the request has; may be empty
  std::string tenant;
  std::uint32_t uid = 0;
  std::uint32_t pid = 0;
  std::size_t keys = 0;
  std::chrono::microseconds took{0};
};

/// Called on any I/O thread, within the session's turn: returns at once.
using slow_listener = std::function<void(const slow_request&)>;

}  // namespace cellard::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cellard::actors::slow_request)
