// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Fields of the daemon's JSON answers, read without surprise: a daemon of another version may lack
// some or have them of another type. Pure functions, any thread.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace cellard::metrics {

/// The number under `key`, 0 where there is none (an older daemon, another tenant's number).
inline double number(const nlohmann::json& from, const char* key) {
  const auto found = from.find(key);
  return found != from.end() && found->is_number() ? found->get<double>() : 0.0;
}

/// The text under `key`, empty where there is none.
inline std::string text_of(const nlohmann::json& from, const char* key) {
  const auto found = from.find(key);
  return found != from.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

}  // namespace cellard::metrics
