// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "core/error.hpp"

#include <array>

namespace cellard::core {
namespace {

constexpr std::array<std::string_view, errc_count> names = {
  "ok",
  "invalid_argument",
  "unsupported_version",
  "unknown_opcode",
  "frame_too_large",
  "bad_frame",
  "not_open",
  "layout_mismatch",
  "no_parent",
  "pending",
  "busy",
  "limit_reached",
  "timed_out",
  "not_found",
  "gone",
  "permission_denied",
  "shutting_down",
  "out_of_memory",
  "out_of_descriptors",
  "io_error",
  "corrupt",
  "config_invalid",
  "unavailable",
  "forked",
  "exists",
  "internal",
};
static_assert(static_cast<std::size_t>(errc::internal) + 1 == errc_count);
static_assert(!names.back().empty(), "every code has a name");

}  // namespace

std::string_view to_string(errc code) noexcept {
  const auto number = static_cast<std::size_t>(code);
  return number < names.size() ? names[number] : std::string_view{"unknown"};
}

std::string error::message() const {
  std::string text{to_string(code_)};
  if (!context_.empty()) {
    text += ": ";
    text += context_;
  }
  return text;
}

}  // namespace cellard::core
