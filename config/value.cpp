// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "config/value.hpp"

#include <charconv>

namespace cellard::config {
namespace {

using core::errc;
using core::fail;
using core::result;

template <class... Functions>
struct overloaded : Functions... {
  using Functions::operator()...;
};
template <class... Functions>
overloaded(Functions...) -> overloaded<Functions...>;

template <class T>
result<value> as_value(const result<T>& parsed) {
  if (!parsed) {
    return tl::unexpected<core::error>(parsed.error());
  }
  return value(std::in_place_type<T>, *parsed);
}

result<value> parse_bool(std::string_view text) {
  if (text != "true" && text != "false") {
    return fail(errc::config_invalid, "not true or false");
  }
  return value(text == "true");
}

result<value> parse_count(std::string_view text) {
  std::uint32_t count = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (code != std::errc() || end != text.data() + text.size()) {
    return fail(errc::config_invalid, "not a whole number");
  }
  return value(count);
}

/// `A to B`, or one value.
bool within_one(std::string_view range, const value& any) {
  constexpr std::string_view separator = " to ";
  const auto middle = range.find(separator);
  const auto least = parse_like(any, range.substr(0, middle));
  const auto most = middle == std::string_view::npos
                      ? least
                      : parse_like(any, range.substr(middle + separator.size()));
  return least && most && *least <= any && any <= *most;
}

}  // namespace

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\u{:04X}", byte);
    } else {
      out += c;
    }
  }
  return out += '"';
}

std::string value_text(const value& any) {
  return std::visit(
    overloaded{[](bool flag) { return std::string(flag ? "true" : "false"); },
               [](std::uint32_t count) { return std::to_string(count); },
               [](std::uint64_t bytes) { return bytes_text(bytes); },
               [](duration time) { return duration_text(time); },
               [](percent share) { return percent_text(share); },
               [](const size_or_percent& size) { return size_or_percent_text(size); },
               [](file_mode mode) { return file_mode_text(mode); },
               [](const std::string& text) {
                 return text;
               }},
    any);
}

std::string value_toml(const value& any) {
  const bool bare = std::holds_alternative<bool>(any) || std::holds_alternative<std::uint32_t>(any);
  return bare ? value_text(any) : quoted(value_text(any));
}

result<value> parse_like(const value& like, std::string_view text) {
  return std::visit(
    overloaded{[&](bool) { return parse_bool(text); },
               [&](std::uint32_t) { return parse_count(text); },
               [&](std::uint64_t) { return as_value(parse_bytes(text)); },
               [&](duration) { return as_value(parse_duration(text)); },
               [&](percent) { return as_value(parse_percent(text)); },
               [&](const size_or_percent&) { return as_value(parse_size_or_percent(text)); },
               [&](file_mode) { return as_value(parse_file_mode(text)); },
               [&](const std::string&) {
                 return result<value>(value(std::string(text)));
               }},
    like);
}

bool within(std::string_view ranges, const value& any) {
  constexpr std::string_view separator = " or ";
  while (true) {
    const auto end = ranges.find(separator);
    if (within_one(ranges.substr(0, end), any)) {
      return true;
    }
    if (end == std::string_view::npos) {
      return false;
    }
    ranges.remove_prefix(end + separator.size());
  }
}

}  // namespace cellard::config
