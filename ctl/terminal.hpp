// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The terminal while `top` has it: curses is entered by the constructor and left by the destructor,
// whatever ends the command; SIGINT, SIGTERM and SIGHUP are asked for instead of dying of. One at a
// time, one thread.
#pragma once

#include <chrono>
#include <vector>

#include "ctl/top_view.hpp"

namespace cellard::ctl {

/// Can this process show a screen: is standard output a terminal that can do more than print?
bool has_screen();
/// Does the locale that the environment names print block characters? Sets the locale.
bool prints_unicode();
/// Was this process told to end?
bool told_to_end() noexcept;

class terminal {
public:
  terminal();
  terminal(const terminal&) = delete;
  terminal& operator=(const terminal&) = delete;
  ~terminal();

  [[nodiscard]] std::size_t columns() const;
  void show(const std::vector<screen_line>& lines, std::size_t first, const char* help);
  /// A key, or -1 after `longest`, or when the terminal changed its size.
  int wait_key(std::chrono::milliseconds longest);

private:
  void* screen_;  // curses' SCREEN: its header's macros are kept out of this one
};

/// Of wait_key, beside characters.
inline constexpr int key_up = -2;
inline constexpr int key_down = -3;

}  // namespace cellard::ctl
