// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "replay/cells.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace cellard::replay {
namespace {

constexpr std::size_t least_capacity = 4;

double share_of(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

/// In the order of first appearance.
template <class Of>
auto distinct(const std::vector<cell>& cells, Of of) {
  std::vector<std::decay_t<decltype(of(cells.front()))>> found;
  for (const cell& each : cells) {
    if (std::find(found.begin(), found.end(), of(each)) == found.end()) {
      found.push_back(of(each));
    }
  }
  return found;
}

const cell* find(const std::vector<cell>& cells, const std::string& trace,
                 const std::string& policy, std::size_t blocks) {
  const auto found = std::find_if(cells.begin(), cells.end(), [&](const cell& each) {
    return each.trace == trace && each.policy == policy && each.blocks == blocks;
  });
  return found == cells.end() ? nullptr : &*found;
}

std::vector<cell> of_trace(const std::vector<cell>& cells, const std::string& trace) {
  std::vector<cell> mine;
  std::copy_if(cells.begin(), cells.end(), std::back_inserter(mine),
               [&](const cell& each) { return each.trace == trace; });
  return mine;
}

std::string text_of_trace(const std::vector<cell>& cells, const std::string& trace) {
  const auto mine = of_trace(cells, trace);
  auto sizes = distinct(mine, [](const cell& each) { return each.blocks; });
  std::sort(sizes.begin(), sizes.end());
  std::string text = fmt::format("{}: {} block accesses, {} distinct blocks; prefix hits in %\n",
                                 trace, mine.front().asked, mine.front().distinct);
  text += fmt::format("{:<12}", "capacity");
  for (const std::size_t blocks : sizes) {
    text += fmt::format("{:>9}", blocks);
  }
  text += fmt::format("\n{:<12}", "");
  for (const std::size_t blocks : sizes) {
    text += fmt::format("{:>8.2g}%", 100 * share_of(blocks, mine.front().distinct));
  }
  text += fmt::format("{:>12}{:>11}\n", "gap closed", "ns/access");
  for (const auto& policy : distinct(mine, [](const cell& each) { return each.policy; })) {
    text += fmt::format("{:<12}", policy);
    double seconds = 0;
    std::uint64_t asked = 0;
    for (const std::size_t blocks : sizes) {
      const cell* one = find(mine, trace, policy, blocks);
      text += one == nullptr ? fmt::format("{:>9}", "-")
                             : fmt::format("{:>9.1f}", 100 * one->hit_ratio());
      seconds += one == nullptr ? 0 : one->seconds;
      asked += one == nullptr ? 0 : one->asked;
    }
    const auto closed = gap_closed(mine, trace, policy);
    text += closed ? fmt::format("{:>12.3f}", *closed) : fmt::format("{:>12}", "-");
    text +=
      asked == 0 ? "\n" : fmt::format("{:>11.0f}\n", seconds * 1e9 / static_cast<double>(asked));
  }
  return text;
}

}  // namespace

std::size_t cache_size::capacity(std::size_t distinct_blocks) const {
  if (share == 0) {
    return blocks;
  }
  const double wanted = std::round(share * static_cast<double>(distinct_blocks));
  return std::max(least_capacity, static_cast<std::size_t>(wanted));
}

core::result<cache_size> parse_size(const std::string& text) {
  const bool is_share = text.ends_with('%');
  const char* const end = text.data() + text.size() - (is_share ? 1 : 0);
  double number = 0;
  const auto [stopped, problem] = std::from_chars(text.data(), end, number);
  const bool good = problem == std::errc{} && stopped == end && number > 0
                    && (is_share ? number <= 100 : number >= 1 && number < 4e9);
  if (!good) {
    return core::fail(core::errc::invalid_argument,
                      "size '{}' is neither a share such as 0.5% nor a number of blocks", text);
  }
  return is_share ? cache_size{number / 100, 0} : cache_size{0, static_cast<std::size_t>(number)};
}

double cell::size() const {
  return share_of(blocks, distinct);
}

double cell::hit_ratio() const {
  return share_of(hits, asked);
}

nlohmann::ordered_json to_json(const cell& one) {
  return {{"trace", one.trace},           {"policy", one.policy}, {"size", one.size()},
          {"hit_ratio", one.hit_ratio()}, {"blocks", one.blocks}, {"distinct", one.distinct},
          {"asked", one.asked},           {"hits", one.hits},     {"seconds", one.seconds}};
}

core::result<cell> parse_cell(const std::string& line) {
  try {
    const auto from = nlohmann::json::parse(line);
    return cell{from.at("trace"), from.at("policy"), from.at("distinct"), from.at("blocks"),
                from.at("asked"), from.at("hits"),   from.at("seconds")};
  } catch (const nlohmann::json::exception& problem) {
    return core::fail(core::errc::invalid_argument, "'{}' is no result of a replay: {}", line,
                      problem.what());
  }
}

std::optional<double> gap_closed(const std::vector<cell>& cells, const std::string& trace,
                                 const std::string& policy) {
  double won = 0;
  double gap = 0;
  for (const cell& each : cells) {
    if (each.trace != trace || each.policy != policy) {
      continue;
    }
    const cell* lru = find(cells, trace, "lru", each.blocks);
    const cell* best = find(cells, trace, "belady", each.blocks);
    if (lru == nullptr || best == nullptr) {
      return std::nullopt;
    }
    won += each.hit_ratio() - lru->hit_ratio();
    gap += best->hit_ratio() - lru->hit_ratio();
  }
  return gap > 0 ? std::optional(won / gap) : std::nullopt;
}

std::string as_text(const std::vector<cell>& cells) {
  std::string text;
  for (const auto& trace : distinct(cells, [](const cell& each) { return each.trace; })) {
    text += (text.empty() ? "" : "\n") + text_of_trace(cells, trace);
  }
  return text;
}

std::string as_csv(const std::vector<cell>& cells) {
  std::string text = "trace,policy,size,hit_ratio,blocks,distinct,asked,hits,seconds\n";
  for (const cell& each : cells) {
    text += fmt::format("{},{},{},{},{},{},{},{},{}\n", each.trace, each.policy, each.size(),
                        each.hit_ratio(), each.blocks, each.distinct, each.asked, each.hits,
                        each.seconds);
  }
  return text;
}

}  // namespace cellard::replay
