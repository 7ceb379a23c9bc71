// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "client/src/endpoint.hpp"

#include <sys/un.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace cellard::library {
namespace {

using core::errc;
using core::fail;

constexpr double longest_deadline_seconds = 3600;

std::string_view variable(const char* name) noexcept {
  // Only connect comes here; a program that changes its environment meanwhile has other problems.
  // NOLINTNEXTLINE(concurrency-mt-unsafe)
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view{} : std::string_view{value};
}

core::result<std::chrono::milliseconds> deadline_of_environment() {
  const auto text = variable("CELLARD_DEADLINE");
  if (text.empty()) {
    return std::chrono::milliseconds{1000};
  }
  double seconds = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (problem != std::errc{} || end != text.data() + text.size() || !(seconds >= 0.001)
      || seconds > longest_deadline_seconds) {
    return fail(errc::invalid_argument,
                "CELLARD_DEADLINE is '{}': give seconds from 0.001 to {}, such as 0.5", text,
                longest_deadline_seconds);
  }
  return std::chrono::milliseconds{static_cast<std::int64_t>(seconds * 1000)};
}

std::vector<std::string> candidates(const char* socket) {
  if (socket != nullptr && *socket != '\0') {
    return {socket};
  }
  if (const auto path = variable("CELLARD_SOCKET"); !path.empty()) {
    return {std::string{path}};
  }
  std::vector<std::string> paths;
  if (const auto folder = variable("XDG_RUNTIME_DIR"); !folder.empty()) {
    paths.push_back(std::string{folder} + "/cellard/cellard.sock");
  }
  paths.emplace_back("/run/cellard/cellard.sock");
  return paths;
}

}  // namespace

core::result<endpoint> find_endpoint(const char* socket, const char* client_name,
                                     std::uint32_t deadline_ms) {
  endpoint found;
  const auto off = variable("CELLARD_DISABLE");
  found.disabled = !off.empty() && off != "0";
  found.sockets = candidates(socket);
  constexpr auto room = sizeof(sockaddr_un::sun_path) - 1;
  for (const auto& path : found.sockets) {
    if (path.size() > room) {
      return fail(errc::invalid_argument,
                  "the socket path '{}' has {} bytes, a Unix socket's has at most {}", path,
                  path.size(), room);
    }
  }
  found.client_name = client_name != nullptr ? client_name : program_invocation_short_name;
  found.deadline = std::chrono::milliseconds{deadline_ms};
  if (deadline_ms == 0) {
    const auto seconds = deadline_of_environment();
    CELLARD_TRY(seconds);
    found.deadline = *seconds;
  }
  return found;
}

}  // namespace cellard::library
