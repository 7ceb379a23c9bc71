// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "ctl/space_table.hpp"

#include <fmt/format.h>

namespace cellard::ctl {

table space_table(const nlohmann::json& rows) {
  table out({{"NAMESPACE"},
             {"TENANT"},
             {"GROUP", true},
             {"TYPE"},
             {"BLOCK", true},
             {"BLOCKS", true},
             {"USED", true},
             {"HITS", true},
             {"PUTS", true},
             {"EVICTED", true},
             {"LEASES", true}});
  for (const auto& row : rows) {
    out.add({text_of(row, "name"), text_of(row, "tenant"), human_count(number(row, "kv_group")),
             text_of(row, "dtype"), human_bytes(number(row, "block_bytes")),
             human_count(number(row, "blocks")), human_bytes(number(row, "used_bytes")),
             human_share(number(row, "hit_ratio")), human_count(number(row, "puts")),
             human_count(number(row, "evicted")), human_count(number(row, "leases"))});
  }
  return out;
}

table session_table(const nlohmann::json& rows) {
  table out({{"ID", true}, {"NAME"}, {"PID", true}, {"UID", true}, {"TENANT"}, {"MEMORY"}});
  for (const auto& row : rows) {
    out.add({fmt::format("{}", number(row, "id")), text_of(row, "name"),
             fmt::format("{}", number(row, "pid")), fmt::format("{}", number(row, "uid")),
             text_of(row, "tenant"), row.value("shared_memory", false) ? "shared" : "inline"});
  }
  return out;
}

}  // namespace cellard::ctl
