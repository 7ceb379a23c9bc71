// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// An address with a port, as the configuration writes it: 127.0.0.1:9464 or [::1]:9464. Numbers
// only: a name would be looked up, and may be another host tomorrow. Pure functions, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cellard::config {

struct address {
  std::string host;        ///< without brackets
  std::uint16_t port = 0;  ///< 0: one that is free
  bool loopback = false;   ///< only this host can reach it
};

std::optional<address> parse_address(std::string_view text);

}  // namespace cellard::config
