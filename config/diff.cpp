// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "config/diff.hpp"

#include <algorithm>

namespace cellard::config {
namespace {

/// `{ namespace = "a", ... }`, or nothing when there is no such table.
std::string table_text(const section& in, const configuration& of, std::size_t element) {
  if (element >= in.tables(of)) {
    return {};
  }
  std::string text;
  for (const key& each : in.keys) {
    text += fmt::format("{} {} = {}", text.empty() ? "{" : ",", each.leaf(),
                        value_toml(each.read(of, element)));
  }
  return text + " }";
}

/// A table that comes or goes takes effect as its slowest key does.
effect slowest(const section& in) {
  const bool all_live = std::all_of(in.keys.begin(), in.keys.end(),
                                    [](const key& each) { return each.when == effect::live; });
  return all_live ? effect::live : effect::restart;
}

void compare_table(std::vector<difference>& found, const section& in, std::size_t element,
                   const configuration& running, const configuration& wanted) {
  for (const key& each : in.keys) {
    const value before = each.read(running, element);
    const value after = each.read(wanted, element);
    if (before != after) {
      found.push_back(
        {shown_name(in, each, element), value_toml(before), value_toml(after), each.when});
    }
  }
}

void take_live(configuration& mixed, const section& in, std::size_t element,
               const configuration& wanted) {
  for (const key& each : in.keys) {
    if (each.when == effect::live) {
      each.write(mixed, element, each.read(wanted, element));
    }
  }
}

}  // namespace

std::vector<difference> compare(const configuration& running, const configuration& wanted) {
  std::vector<difference> found;
  for (const section& in : sections()) {
    const auto [fewer, more] = std::minmax({in.tables(running), in.tables(wanted)});
    for (std::size_t element = 0; element < fewer; ++element) {
      compare_table(found, in, element, running, wanted);
    }
    for (std::size_t element = fewer; element < more; ++element) {
      found.push_back({fmt::format("{}[{}]", in.name, element), table_text(in, running, element),
                       table_text(in, wanted, element), slowest(in)});
    }
  }
  return found;
}

std::string to_text(const difference& changed) {
  const auto shown = [](const std::string& text) {
    return text.empty() ? "none" : text;
  };
  return fmt::format("{}: {} -> {} ({})", changed.key, shown(changed.before), shown(changed.after),
                     changed.when == effect::live ? "live" : "needs a restart");
}

configuration with_live_keys(const configuration& running, const configuration& wanted) {
  configuration mixed = running;
  for (const section& in : sections()) {
    if (in.is_list() && slowest(in) == effect::restart) {
      continue;
    }
    if (in.is_list()) {
      in.resize(mixed, in.tables(wanted));
    }
    for (std::size_t element = 0; element < in.tables(mixed); ++element) {
      take_live(mixed, in, element, wanted);
    }
  }
  return mixed;
}

}  // namespace cellard::config
