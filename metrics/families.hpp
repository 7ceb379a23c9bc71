// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The daemon's numbers as Prometheus' families and text. One table names each number, its unit and
// its kind, following Prometheus' conventions: base units, the unit in the name, `_total` for what
// only grows while the daemon runs. The daemon's page and `cellarctl metrics` are both made here,
// from the same answers, so they cannot differ. Pure functions, any thread.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>
#include <prometheus/metric_family.h>

namespace cellard::metrics {

/// Of the answers to `stats`, `health` and `forecast`; an empty object where there is none.
std::vector<prometheus::MetricFamily> metric_families(const nlohmann::json& stats,
                                                      const nlohmann::json& health,
                                                      const nlohmann::json& forecast);

/// cellard_up: whether the daemon answered.
prometheus::MetricFamily up_family(bool up);

/// The families in Prometheus' text format.
std::string text_of(const std::vector<prometheus::MetricFamily>& families);

/// What `text_of` writes, for HTTP.
inline constexpr char content_type[] = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace cellard::metrics
