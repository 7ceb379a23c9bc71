// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// What other amounts of memory would be worth, asked of the daemon. One thread.
#pragma once

#include <cstdint>
#include <vector>

#include "cellard/client.hpp"
#include "ctl/globals.hpp"
#include "ctl/past.hpp"
#include <nlohmann/json.hpp>

namespace cellard::ctl {

/// The daemon's answer to `forecast`; without sizes of its own ten.
nlohmann::json ask_forecast(const client& from, const globals& shared, const past_options& whose,
                            const std::vector<std::uint64_t>& sizes);

/// The answer about all that the caller may see; an empty object where there is none: an older
/// daemon, or one that makes no forecast.
nlohmann::json forecast_or_none(const client& from, const globals& shared);

/// Bytes that "16GiB", "+8GiB" or "-8GiB" means to a daemon that has `capacity`. Throws refused.
std::uint64_t wanted_bytes(const std::string& text, std::uint64_t capacity);

/// Part of a line of `columns`, in eighths of a column where the terminal prints them.
std::string bar(double share, std::size_t columns, bool unicode);

}  // namespace cellard::ctl
