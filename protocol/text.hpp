// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// What names may contain. They end up in JSON, in log lines and in the labels of metrics, so a name
// that another program cannot print is refused where it arrives, once, instead of being escaped in
// many places.
#pragma once

#include <cstddef>
#include <string_view>

namespace cellard::protocol {

/// Length of the UTF-8 character that `text` begins with; 0 when it begins with none (also for an
/// overlong form, a surrogate, a number above U+10FFFF, and half a character).
constexpr std::size_t character_bytes(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) {
    return static_cast<unsigned char>(text[i]);
  };
  const auto between = [&](std::size_t i, unsigned low, unsigned high) {
    return i < text.size() && byte(i) >= low && byte(i) <= high;
  };
  if (text.empty()) {
    return 0;
  }
  const unsigned first = byte(0);
  if (first < 0x80) {
    return 1;
  }
  if (first >= 0xC2 && first <= 0xDF) {
    return between(1, 0x80, 0xBF) ? 2 : 0;
  }
  if (first >= 0xE0 && first <= 0xEF) {
    const bool second = between(1, first == 0xE0 ? 0xA0 : 0x80, first == 0xED ? 0x9F : 0xBF);
    return second && between(2, 0x80, 0xBF) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const bool second = between(1, first == 0xF0 ? 0x90 : 0x80, first == 0xF4 ? 0x8F : 0xBF);
    return second && between(2, 0x80, 0xBF) && between(3, 0x80, 0xBF) ? 4 : 0;
  }
  return 0;
}

/// True for UTF-8 without control characters (U+0000 to U+001F, U+007F).
constexpr bool is_printable(std::string_view text) noexcept {
  while (!text.empty()) {
    const auto size = character_bytes(text);
    const auto first = static_cast<unsigned char>(text.front());
    if (size == 0 || first < 0x20 || first == 0x7F) {
      return false;
    }
    text.remove_prefix(size);
  }
  return true;
}

/// The longest beginning of at most `most` bytes that does not end within a character.
constexpr std::string_view cut(std::string_view text, std::size_t most) noexcept {
  if (text.size() <= most) {
    return text;
  }
  auto end = most;
  while (end > 0 && most - end < 3 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) {
    --end;
  }
  return text.substr(0, end);
}

}  // namespace cellard::protocol
