// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// top: the live screen. Where there is none (a pipe, TERM=dumb) it prints the screen once.
#include <chrono>
#include <iostream>
#include <thread>

#include "ctl/commands.hpp"
#include "ctl/connection.hpp"
#include "ctl/terminal.hpp"
#include "ctl/top_view.hpp"

namespace cellard::ctl {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

struct top_options {
  double interval_seconds = 1;
  bool once = false;

  [[nodiscard]] milliseconds interval() const {
    return milliseconds{static_cast<std::int64_t>(interval_seconds * 1000)};
  }
};

void sample(top_model& model, const client& daemon, const globals& shared) {
  const bool all = wants_all(daemon, shared);
  auto stats = ask(daemon, "stats", all);
  auto sessions = ask(daemon, "sessions", all);
  const std::chrono::duration<double> now = steady_clock::now().time_since_epoch();
  model.add(now.count(), std::move(stats), std::move(sessions));
}

void run_once(const globals& shared, const top_options& options) {
  const auto daemon = connect(shared);
  top_model model;
  sample(model, daemon, shared);
  std::this_thread::sleep_for(options.interval());  // rates need two samples
  sample(model, daemon, shared);
  view_options view;
  view.unicode = prints_unicode();
  for (const auto& line : screen(model, view)) {
    std::cout << line.text << '\n';
  }
}

struct position {
  std::size_t first = 0;
  view_options view;
  bool quit = false;
};

void handle(position& at, int pressed, std::size_t lines) {
  switch (pressed) {
  case 'q':
    at.quit = true;
    break;
  case 's':
    at.view.sort = static_cast<sort_key>((static_cast<std::size_t>(at.view.sort) + 1) % sort_keys);
    break;
  case key_down:
  case 'j':
    at.first += at.first + 1 < lines ? 1 : 0;
    break;
  case key_up:
  case 'k':
    at.first -= at.first > 0 ? 1 : 0;
    break;
  default:
    break;
  }
}

void run_screen(const globals& shared, const top_options& options) {
  connect(shared);  // without a daemon at the start there is nothing to show
  const auto daemon = connect_lazily(shared);
  position at;
  at.view.unicode = prints_unicode();
  top_model model;
  terminal screen_of_user;
  auto next = steady_clock::now();
  while (!at.quit && !told_to_end()) {
    if (const auto now = steady_clock::now(); now >= next) {
      next = now + options.interval();
      try {
        sample(model, daemon, shared);
      } catch (const error& failed) {
        model.fail(std::string{"no numbers: "} + failed.what());
      }
    }
    at.view.columns = screen_of_user.columns();
    const auto lines = screen(model, at.view);
    screen_of_user.show(lines, at.first, "q quit   s sort   up/down scroll");
    const auto left = std::chrono::ceil<milliseconds>(next - steady_clock::now());
    handle(at, screen_of_user.wait_key(std::max(left, milliseconds{0})), lines.size());
  }
}

}  // namespace

void add_top_command(CLI::App& app, const globals& shared) {
  auto* command = app.add_subcommand(
    "top", "Watch memory, namespaces, sessions and rates; q ends it, s sorts, arrows scroll");
  auto options = std::make_shared<top_options>();
  command
    ->add_option("--interval", options->interval_seconds, "seconds between samples, 1 unless given")
    ->check(CLI::Range(0.05, 3600.0));
  command->add_flag("--once", options->once, "print the screen once, with rates of one interval");
  command->callback([&shared, options] {
    if (shared.json) {
      throw refused("invalid_argument", "top has no --json; 'cellarctl stats --json' has its data");
    }
    if (options->once || !has_screen()) {
      run_once(shared, *options);
    } else {
      run_screen(shared, *options);
    }
  });
}

}  // namespace cellard::ctl
