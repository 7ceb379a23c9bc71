// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "ctl/output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iostream>

namespace cellard::ctl {
namespace {

std::string scaled(double value, double step, const std::array<const char*, 6>& units) {
  std::size_t unit = 0;
  while (std::abs(value) >= step && unit + 1 < units.size()) {
    value /= step;
    ++unit;
  }
  const bool whole = unit == 0 && value == std::floor(value);
  const auto text = whole ? fmt::format("{:.0f}", value) : fmt::format("{:.1f}", value);
  const std::string_view name = units.at(unit);
  return name.empty() ? text : fmt::format("{} {}", text, name);
}

bool continues_character(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out{text};
  std::replace_if(
    out.begin(), out.end(),
    [](char byte) { return static_cast<unsigned char>(byte) < 0x20 || byte == 0x7F; }, '?');
  return out;
}

std::string human_bytes(double bytes) {
  return scaled(bytes, 1024, {"B", "KiB", "MiB", "GiB", "TiB", "PiB"});
}

std::string human_count(double count) {
  return scaled(count, 1000, {"", "k", "M", "G", "T", "P"});
}

std::string human_time(double seconds) {
  if (seconds < 60) {
    return fmt::format("{:.1f} s", seconds);
  }
  const auto whole = static_cast<std::uint64_t>(seconds);
  if (whole < 3600) {
    return fmt::format("{} min {} s", whole / 60, whole % 60);
  }
  if (whole < 86'400) {
    return fmt::format("{} h {} min", whole / 3600, whole / 60 % 60);
  }
  return fmt::format("{} d {} h", whole / 86'400, whole / 3600 % 24);
}

std::string human_share(double share) {
  return fmt::format("{:.1f} %", share * 100);
}

std::size_t columns_of(std::string_view text) {
  return static_cast<std::size_t>(
    std::count_if(text.begin(), text.end(), [](char byte) { return !continues_character(byte); }));
}

std::string fitted(std::string_view text, std::size_t width, bool right) {
  const auto columns = columns_of(text);
  if (columns <= width) {
    const std::string fill(width - columns, ' ');
    return right ? fill + std::string{text} : std::string{text} + fill;
  }
  std::size_t end = 0;
  for (std::size_t seen = 0; end < text.size(); ++end) {
    if (!continues_character(text[end]) && ++seen > width) {
      break;
    }
  }
  return std::string{text.substr(0, end)};
}

void table::add(std::vector<std::string> cells) {
  cells.resize(columns_.size());
  for (auto& cell : cells) {
    cell = printable(cell);
  }
  rows_.push_back(std::move(cells));
}

std::vector<std::string> table::lines() const {
  std::vector<std::string> names;
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    names.push_back(columns_[i].name);
    widths.push_back(columns_of(columns_[i].name));
    for (const auto& row : rows_) {
      widths[i] = std::max(widths[i], columns_of(row[i]));
    }
  }
  std::vector<std::string> out;
  const auto put = [&](const std::vector<std::string>& row) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += (i == 0 ? "" : "  ") + fitted(row[i], widths[i], columns_[i].right);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out.push_back(std::move(line));
  };
  put(names);
  std::for_each(rows_.begin(), rows_.end(), put);
  return out;
}

void table::print(std::ostream& out) const {
  for (const auto& line : lines()) {
    out << line << '\n';
  }
}

void print_json(const nlohmann::json& value) {
  std::cout << value.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
}

}  // namespace cellard::ctl
