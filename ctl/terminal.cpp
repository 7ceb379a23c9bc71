// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "ctl/terminal.hpp"

#include <unistd.h>

#include <clocale>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "ctl/globals.hpp"
#include <langinfo.h>
#include <ncurses.h>

namespace cellard::ctl {
namespace {

volatile std::sig_atomic_t ending = 0;

extern "C" void note_end(int) {
  ending = 1;
}

attr_t attributes_of(look how) {
  switch (how) {
  case look::heading:
    return A_REVERSE;
  case look::bar:
    return A_BOLD;
  case look::alarm:
    return A_BOLD | A_STANDOUT;
  default:
    return A_NORMAL;
  }
}

}  // namespace

bool has_screen() {
  const char* kind = std::getenv("TERM");
  return isatty(STDOUT_FILENO) == 1 && isatty(STDIN_FILENO) == 1 && kind != nullptr && *kind != '\0'
         && std::string_view{kind} != "dumb";
}

bool prints_unicode() {
  std::setlocale(LC_CTYPE, "");
  return std::strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

bool told_to_end() noexcept {
  return ending != 0;
}

terminal::terminal()
  // newterm, because initscr ends the process when it does not know the terminal.
  : screen_(newterm(nullptr, stdout, stdin)) {
  if (screen_ == nullptr) {
    throw refused("io_error", "this terminal is not known to ncurses (TERM); use top --once");
  }
  struct sigaction action {};
  action.sa_handler = note_end;
  for (const int each : {SIGINT, SIGTERM, SIGHUP}) {
    sigaction(each, &action, nullptr);
  }
  cbreak();
  noecho();
  curs_set(0);
  keypad(stdscr, TRUE);
}

terminal::~terminal() {
  endwin();
  delscreen(static_cast<SCREEN*>(screen_));
}

std::size_t terminal::columns() const {
  return static_cast<std::size_t>(getmaxx(stdscr));
}

void terminal::show(const std::vector<screen_line>& lines, std::size_t first, const char* help) {
  const int rows = getmaxy(stdscr);
  erase();
  for (int row = 0; row + 1 < rows && first + static_cast<std::size_t>(row) < lines.size(); ++row) {
    const auto& line = lines[first + static_cast<std::size_t>(row)];
    attrset(static_cast<int>(attributes_of(line.how)));
    mvaddnstr(row, 0, line.text.c_str(), static_cast<int>(line.text.size()));
  }
  attrset(static_cast<int>(A_DIM));
  mvaddnstr(rows - 1, 0, help, getmaxx(stdscr) - 1);
  refresh();
}

int terminal::wait_key(std::chrono::milliseconds longest) {
  timeout(static_cast<int>(longest.count()));
  switch (const int pressed = getch()) {
  case KEY_UP:
    return key_up;
  case KEY_DOWN:
    return key_down;
  case KEY_RESIZE:
    return -1;
  default:
    return pressed;
  }
}

}  // namespace cellard::ctl
