// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// What commands about a stretch of time share: whose numbers, how far back, and the question to the
// daemon. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "cellard/client.hpp"
#include "ctl/globals.hpp"
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

namespace cellard::ctl {

struct past_options {
  std::string window = "1h";
  std::string space;
  std::string tenant;
  std::uint32_t kv_group = 0;

  /// Throws refused when the window is none.
  [[nodiscard]] std::uint32_t window_seconds() const;
};

/// Adds --namespace, --kv-group and --tenant to a command; the values are there when it runs.
void subject_arguments(CLI::App& command, past_options& options);
/// The same, and --window.
void past_arguments(CLI::App& command, past_options& options);

/// The daemon's answer to `history`.
nlohmann::json ask_past(const client& from, const globals& shared, const past_options& options,
                        std::uint32_t points = 0);

/// "12.3 /s", "1.5 GiB", "71.0 %": a value of the number of that name.
std::string shown_value(const std::string& number, double value);
/// "+1.2 /s an hour, 0.8 to 1.6", "no trend", or "too few points".
std::string shown_trend(const std::string& number, const nlohmann::json& of);
/// "the last 1 h; reload 12 min ago": what the numbers are of.
std::string shown_window(const nlohmann::json& answer);

}  // namespace cellard::ctl
