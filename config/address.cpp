// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "config/address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <charconv>

namespace cellard::config {
namespace {

std::optional<std::uint16_t> port_of(std::string_view text) {
  std::uint16_t port = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, failed] = std::from_chars(text.data(), end, port);
  return failed == std::errc{} && stop == end ? std::optional(port) : std::nullopt;
}

/// Whether the host is a loopback address; nothing when it is no address.
std::optional<bool> loopback_of(const std::string& host, bool six) {
  if (six) {
    in6_addr parsed{};
    return inet_pton(AF_INET6, host.c_str(), &parsed) == 1
             ? std::optional(IN6_IS_ADDR_LOOPBACK(&parsed) != 0)
             : std::nullopt;
  }
  in_addr parsed{};
  return inet_pton(AF_INET, host.c_str(), &parsed) == 1
           ? std::optional(ntohl(parsed.s_addr) >> 24U == 127)
           : std::nullopt;
}

}  // namespace

std::optional<address> parse_address(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return std::nullopt;
  }
  auto host = text.substr(0, colon);
  const bool six = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (six) {
    host = host.substr(1, host.size() - 2);
  }
  // inet_pton reads up to a zero byte; a text from a file may have more after one.
  if (host.find('\0') != std::string_view::npos) {
    return std::nullopt;
  }
  const auto port = port_of(text.substr(colon + 1));
  const auto loopback = loopback_of(std::string(host), six);
  if (!port || !loopback) {
    return std::nullopt;
  }
  return address{std::string(host), *port, *loopback};
}

}  // namespace cellard::config
