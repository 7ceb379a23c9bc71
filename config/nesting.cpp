// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "config/nesting.hpp"

#include <algorithm>

namespace cellard::config {
namespace {

constexpr std::size_t deepest = 16;

/// Where the text in quotes that begins at `at` is over: behind its closing quotes, or the end of
/// the file.
std::size_t end_of_text(std::string_view toml, std::size_t at) noexcept {
  const char quote = toml[at];
  const std::string_view rest = toml.substr(at);
  const bool multi_line = rest.size() >= 3 && rest[1] == quote && rest[2] == quote;
  for (std::size_t next = multi_line ? 3 : 1; next < rest.size(); ++next) {
    if (rest[next] == '\\' && quote == '"') {
      ++next;
    } else if (rest[next] == '\n' && !multi_line) {
      return at + next;
    } else if (rest[next] == quote && !multi_line) {
      return at + next + 1;
    } else if (rest[next] == quote && next + 2 < rest.size() && rest[next + 1] == quote
               && rest[next + 2] == quote) {
      next += 3;
      // Up to two more quotes belong to the text itself.
      for (int extra = 0; extra < 2 && next < rest.size() && rest[next] == quote; ++extra) {
        ++next;
      }
      return at + next;
    }
  }
  return toml.size();
}

std::size_t lines_in(std::string_view text) noexcept {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

std::size_t line_nested_too_deep(std::string_view toml) noexcept {
  std::size_t line = 1;
  std::size_t dots = 0;
  std::size_t brackets = 0;
  for (std::size_t at = 0; at < toml.size();) {
    const char c = toml[at];
    if (c == '"' || c == '\'') {
      const std::size_t end = end_of_text(toml, at);
      line += lines_in(toml.substr(at, end - at));
      at = end;
      continue;
    }
    if (c == '#') {
      at = std::min(toml.find('\n', at), toml.size());
      continue;
    }
    if (c == '\n') {
      ++line;
      dots = 0;
    } else if (c == '.') {
      ++dots;
    } else if (c == '[' || c == '{') {
      ++brackets;
    } else if ((c == ']' || c == '}') && brackets > 0) {
      --brackets;
    }
    if (dots > deepest || brackets > deepest) {
      return line;
    }
    ++at;
  }
  return 0;
}

}  // namespace cellard::config
