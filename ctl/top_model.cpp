// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "ctl/top_model.hpp"

#include <algorithm>
#include <utility>

#include "ctl/output.hpp"

namespace cellard::ctl {
namespace {

using nlohmann::json;

std::string name_of(const json& row) {
  return text_of(row, "tenant") + '\0' + text_of(row, "name") + '\0'
         + std::to_string(row.value("kv_group", 0U));
}

/// A counter that fell belongs to a daemon or a namespace that began anew: what it has is new.
double grown(const json& before, const json& after, const char* key, double seconds) {
  const double difference = number(after, key) - number(before, key);
  return (difference < 0 ? number(after, key) : difference) / seconds;
}

rates between(const json& before, const json& after, double seconds) {
  rates out;
  out.requests = grown(before, after, "requests", seconds);
  out.lookups = grown(before, after, "lookups", seconds);
  out.blocks_asked = grown(before, after, "blocks_asked", seconds);
  out.blocks_hit = grown(before, after, "blocks_hit", seconds);
  out.served_bytes = grown(before, after, "served_bytes", seconds);
  out.puts = grown(before, after, "puts", seconds);
  out.put_bytes = grown(before, after, "put_bytes", seconds);
  out.evicted = grown(before, after, "evicted", seconds);
  return out;
}

std::map<std::string, json> by_name(const json& stats) {
  std::map<std::string, json> rows;
  for (const auto& row : stats.value("per_namespace", json::array())) {
    rows[name_of(row)] = row;
  }
  return rows;
}

}  // namespace

void top_model::add(double seconds, json stats, json sessions) {
  failure_.clear();
  if (seconds_ && seconds > *seconds_) {
    const double passed = seconds - *seconds_;
    total_ = between(stats_, stats, passed);
    history_.push_back(total_);
    if (history_.size() > history_samples) {
      history_.pop_front();
    }
    const auto before = by_name(stats_);
    spaces_.clear();
    for (const auto& [name, row] : by_name(stats)) {
      const auto old = before.find(name);
      spaces_[name] = between(old == before.end() ? json::object() : old->second, row, passed);
    }
  }
  seconds_ = seconds;
  stats_ = std::move(stats);
  sessions_ = std::move(sessions);
}

void top_model::fail(std::string why) {
  failure_ = std::move(why);
}

rates top_model::of_space(const json& row) const {
  const auto found = spaces_.find(name_of(row));
  return found == spaces_.end() ? rates{} : found->second;
}

}  // namespace cellard::ctl
