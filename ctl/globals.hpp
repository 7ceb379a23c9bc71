// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// What every command shares: the options that stand before or behind any command, the exit codes,
// and the failure that is not the client library's. One thread.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace cellard::ctl {

/// Exit codes, as --help and the man page list them.
inline constexpr int exit_ok = 0;
inline constexpr int exit_refused = 1;
inline constexpr int exit_usage = 2;
inline constexpr int exit_no_daemon = 69;  // EX_UNAVAILABLE of sysexits.h

struct globals {
  std::string socket;           ///< empty: where the client library looks
  double deadline_seconds = 5;  ///< of each request; an operator waits longer than an engine
  bool json = false;            ///< print JSON instead of text
  int all_tenants = 0;          ///< 1: --all, -1: --own, 0: all where the daemon lets us

  [[nodiscard]] std::uint32_t deadline_ms() const noexcept {
    return static_cast<std::uint32_t>(deadline_seconds * 1000);
  }
};

/// A command cannot do what it was asked; the sentence says why. Ends with exit_refused.
class refused : public std::runtime_error {
public:
  refused(std::string name, const std::string& sentence)
    : std::runtime_error(sentence),
      name_(std::move(name)) {}

  /// As in docs/errors.md: "not_found".
  [[nodiscard]] const std::string& name() const noexcept { return name_; }

private:
  std::string name_;
};

}  // namespace cellard::ctl
