// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "config/validate.hpp"

#include "config/address.hpp"

#include <functional>
#include <map>
#include <utility>

namespace cellard::config {
namespace {

using problems = std::vector<problem>;

/// What a request costs in a frame beside its keys, and what each of those takes
/// (docs/protocol.md): 32 bytes in a lookup and 32 bytes a place in its answer.
constexpr std::uint64_t frame_head_bytes = 1024;
constexpr std::uint64_t frame_key_bytes = 32;

/// Less would not hold a segment for each of a few namespaces.
constexpr std::uint64_t least_capacity_bytes = 16 * mib;

/// `limits.staging = "1 GiB"`, by the key's full name; for plain tables.
std::string shown(const configuration& settings, std::string_view name) {
  return fmt::format("{} = {}", name, value_toml(find_key(name)->read(settings, 0)));
}

/// `left` may not be more than `right` (or, if `strictly`, not equal either).
void at_most(problems& found, const configuration& settings, std::string_view left,
             std::string_view right, bool strictly = false) {
  const value small = find_key(left)->read(settings, 0);
  const value large = find_key(right)->read(settings, 0);
  if (strictly ? small < large : small <= large) {
    return;
  }
  found.push_back({{std::string(left), std::string(right)},
                   fmt::format("{} must be {} {}", shown(settings, left),
                               strictly ? "below" : "at most", shown(settings, right))});
}

void check_frame(problems& found, const configuration& settings) {
  const std::uint64_t needed =
    settings.limits.keys_per_request * frame_key_bytes + frame_head_bytes;
  if (settings.limits.frame_bytes < needed) {
    found.push_back(
      {{"limits.frame", "limits.keys_per_request"},
       fmt::format("{} is too small for {}, which needs {} bytes", shown(settings, "limits.frame"),
                   shown(settings, "limits.keys_per_request"), needed)});
  }
}

void check_listeners(problems& found, const configuration& settings) {
  std::map<std::string_view, std::size_t> first_with;
  for (std::size_t at = 0; at < settings.listeners.size(); ++at) {
    const std::string& path = settings.listeners[at].path;
    const auto [known, fresh] = first_with.emplace(path, at);
    if (!fresh) {
      found.push_back({{fmt::format("listener[{}].path", at)},
                       fmt::format("listener[{}].path = {} is the path of listener[{}] too", at,
                                   quoted(path), known->second)});
    }
  }
}

/// A size in bytes when it can be known.
std::optional<std::uint64_t> known_bytes(const size_or_percent& size,
                                         std::optional<std::uint64_t> total) {
  if (size.is_percent() && !total) {
    return std::nullopt;
  }
  return size.resolve(total.value_or(0));
}

/// Not even the guaranteed part may be more than the maximum; that two quotas are for the same is a
/// mistake.
void check_each_quota(problems& found, const configuration& settings,
                      std::optional<std::uint64_t> capacity) {
  std::map<std::pair<std::string_view, std::string_view>, std::size_t> first_for;
  for (std::size_t at = 0; at < settings.quotas.size(); ++at) {
    const quota_settings& quota = settings.quotas[at];
    const auto least = known_bytes(quota.guaranteed, capacity);
    const auto most = known_bytes(quota.maximum, capacity);
    if (quota.guaranteed > quota.maximum || (least && most && *least > *most)) {
      const std::string name = fmt::format("quota[{}].", at);
      found.push_back(
        {{name + "guaranteed", name + "maximum"},
         fmt::format(R"({0}guaranteed = "{1}" must be at most {0}maximum = "{2}")", name,
                     size_or_percent_text(quota.guaranteed), size_or_percent_text(quota.maximum))});
    }
    const std::pair<std::string_view, std::string_view> whose(quota.name_space, quota.tenant);
    const auto [known, fresh] = first_for.emplace(whose, at);
    if (!fresh) {
      found.push_back({{fmt::format("quota[{}].namespace", at)},
                       fmt::format("quota[{}] is for the same namespaces and tenants as quota[{}]",
                                   at, known->second)});
    }
  }
}

/// All guarantees together must fit. One is for all the namespaces that match it together.
void check_guarantees(problems& found, const configuration& settings,
                      std::optional<std::uint64_t> capacity) {
  std::uint64_t millionths = 0;
  std::uint64_t bytes = 0;
  for (std::size_t at = 0; at < settings.quotas.size(); ++at) {
    const size_or_percent& guaranteed = settings.quotas[at].guaranteed;
    const auto* share = std::get_if<percent>(&guaranteed.amount);
    millionths += share == nullptr ? 0 : share->millionths;
    bytes += known_bytes(guaranteed, capacity).value_or(0);
    const bool shares_full = millionths > 1'000'000;
    if (shares_full || (capacity && bytes > *capacity)) {
      found.push_back(
        {{fmt::format("quota[{}].guaranteed", at)},
         fmt::format(
           "quota[{}].guaranteed = \"{}\": the guaranteed parts up to here are more than {}", at,
           size_or_percent_text(guaranteed),
           shares_full ? "100 %" : bytes_text(*capacity) + " of capacity")});
      return;
    }
  }
}

void check_capacity(problems& found, const configuration& settings, std::uint64_t capacity) {
  if (capacity < least_capacity_bytes) {
    found.push_back({{"memory.capacity"},
                     fmt::format("{} is {} on this host: allowed are {} and more",
                                 shown(settings, "memory.capacity"), bytes_text(capacity),
                                 bytes_text(least_capacity_bytes))});
  }
  if (settings.memory.segment_bytes > capacity) {
    found.push_back({{"memory.segment", "memory.capacity"},
                     fmt::format("{} must be at most {}", shown(settings, "memory.segment"),
                                 shown(settings, "memory.capacity"))});
  }
}

void check_staging(problems& found, const configuration& settings) {
  const limit_settings& limits = settings.limits;
  // A share is not compared: on a small host it may well be less than one session's, and the
  // smaller one counts.
  if (!limits.staging_total.is_percent()
      && limits.staging_bytes > limits.staging_total.resolve(0)) {
    found.push_back({{"limits.staging", "limits.staging_total"},
                     fmt::format("{} must be at most {}", shown(settings, "limits.staging"),
                                 shown(settings, "limits.staging_total"))});
  }
}

/// The page has names of every tenant's and asks nobody who he is.
void check_metrics(problems& found, const configuration& settings) {
  const auto place = parse_address(settings.metrics.listen);
  if (place && !place->loopback) {
    found.push_back({{"metrics.listen"},
                     fmt::format("{} is no loopback address, and the page shows every tenant to "
                                 "whoever can reach it; use 127.0.0.1 or [::1], and on this host a "
                                 "proxy that knows whom to let in",
                                 shown(settings, "metrics.listen"))});
  }
}

/// Every key of one table against its own range.
void check_table(problems& found, const section& in, std::size_t element,
                 const configuration& settings, const vocabulary& known) {
  for (const key& of : in.keys) {
    const value any = of.read(settings, element);
    if (!allows(of, any, known)) {
      const std::string name = shown_name(in, of, element);
      found.push_back({{name}, range_problem(name, value_toml(any), {}, allowed_text(of, known))});
    }
  }
}

}  // namespace

// Where two limits overlap and the smaller one simply counts (sessions of a user and of all), there
// is no rule: whoever lowers the one should not have to write the other.
problems validate(const configuration& settings, std::optional<std::uint64_t> memory_bytes) {
  problems found;
  const auto capacity = known_bytes(settings.memory.capacity, memory_bytes);
  at_most(found, settings, "memory.low_watermark", "memory.high_watermark", true);
  at_most(found, settings, "limits.block", "limits.copy_queue");
  check_frame(found, settings);
  check_staging(found, settings);
  check_metrics(found, settings);
  check_listeners(found, settings);
  check_each_quota(found, settings, capacity);
  check_guarantees(found, settings, capacity);
  if (capacity) {
    check_capacity(found, settings, *capacity);
  }
  return found;
}

problems validate_keys(const configuration& settings, const vocabulary& known) {
  problems found;
  for (const section& in : sections()) {
    if (in.is_list() && in.tables(settings) > in.most) {
      found.push_back(
        {{std::string(in.name)},
         fmt::format("{} {}: allowed are up to {}", in.tables(settings), in.header(), in.most)});
    }
    for (std::size_t element = 0; element < in.tables(settings); ++element) {
      check_table(found, in, element, settings, known);
    }
  }
  return found;
}

std::string range_problem(std::string_view name, std::string_view shown_value,
                          std::string_view reason, std::string_view allowed) {
  return fmt::format("{} = {}: {}{}allowed are {}", name, shown_value, reason,
                     reason.empty() ? "" : "; ", allowed);
}

}  // namespace cellard::config
