// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The daemon's numbers as Prometheus' families. One table names each number, its unit and its kind,
// following Prometheus' conventions: base units, the unit in the name, `_total` for what only grows
// while the daemon runs. Pure functions, any thread.
#pragma once

#include <vector>

#include <nlohmann/json.hpp>
#include <prometheus/metric_family.h>

namespace cellard::ctl {

/// Of the answers to `stats` and `health`.
std::vector<prometheus::MetricFamily> metric_families(const nlohmann::json& stats,
                                                      const nlohmann::json& health);

/// cellard_up: whether the daemon answered.
prometheus::MetricFamily up_family(bool up);

/// The families as one object a name, for --json.
nlohmann::json to_json(const std::vector<prometheus::MetricFamily>& families);

}  // namespace cellard::ctl
