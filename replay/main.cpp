// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// cellard-replay: the command line, the progress line, and what an interruption leaves.
#include <fmt/format.h>

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <fstream>
#include <iostream>

#include "replay/cells.hpp"
#include "replay/policy.hpp"
#include <CLI/CLI.hpp>

namespace {

using namespace cellard::replay;

constexpr int exit_refused = 1;
constexpr int exit_usage = 2;
constexpr int exit_interrupted = 130;

constexpr const char* notes =
  "Sizes are shares of the trace's distinct blocks (0.5%) or numbers of blocks (2000). Policies "
  "are\n"
  "the daemon's strategies and 'belady', the optimum that knows the future. With lru and belady\n"
  "among them the table says which share of the gap between these two each policy closes.\n"
  "\n"
  "An interrupted run prints what it has; with --resume FILE every result is kept in FILE, and "
  "the\n"
  "same command goes on from there.\n"
  "\n"
  "Exit codes: 0 done, 1 a file is wrong, 2 the command line is wrong, 130 interrupted.";

struct wishes {
  std::vector<std::string> traces;
  std::vector<std::string> policies{"lru", "belady"};
  std::vector<std::string> sizes{"0.1%", "0.5%", "1%", "2%", "5%", "10%", "20%", "40%"};
  double block_tokens = 0;
  std::string resume;
  bool json = false;
  bool csv = false;
  bool quiet = false;
};

std::atomic<bool> interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free);

/// One line on the terminal, rewritten; nothing where nobody watches.
class progress {
public:
  progress(bool shown, std::size_t cells)
    : shown_(shown && isatty(STDERR_FILENO) == 1),
      all_(cells) {}

  void show(const cell& now, double share) {
    const int percent =
      static_cast<int>((static_cast<double>(done_) + share) * 100 / static_cast<double>(all_));
    if (shown_ && percent != last_) {
      last_ = percent;
      const auto bar = std::string(static_cast<std::size_t>(percent) / 4, '#');
      std::cerr << fmt::format("\r[{:<25}] {:>3} %  {} {} at {} blocks\033[K", bar, percent,
                               now.trace, now.policy, now.blocks);
    }
  }
  void next() { ++done_; }
  void end() const {
    if (shown_) {
      std::cerr << "\r\033[K";
    }
  }

private:
  bool shown_;
  std::size_t all_;
  std::size_t done_ = 0;
  int last_ = -1;
};

[[noreturn]] void refuse(const cellard::core::error& problem) {
  throw std::runtime_error(problem.context());
}

class replayer {
public:
  explicit replayer(const wishes& what)
    : what_(what),
      progress_(!what.quiet, what.traces.size() * what.policies.size() * what.sizes.size()) {
    for (const auto& text : what.sizes) {
      auto size = parse_size(text);
      if (!size) {
        refuse(size.error());
      }
      sizes_.push_back(*size);
    }
    read_kept();
  }

  void run() {
    for (const auto& path : what_.traces) {
      auto loaded = read_trace(path, what_.block_tokens);
      if (!loaded) {
        refuse(loaded.error());
      }
      for (const auto& policy : what_.policies) {
        for (const auto& size : sizes_) {
          run_one(*loaded, policy, size);
        }
      }
    }
    progress_.end();
  }

  [[nodiscard]] const std::vector<cell>& cells() const { return cells_; }

private:
  void read_kept() {
    if (what_.resume.empty()) {
      return;
    }
    std::ifstream file(what_.resume);
    for (std::string line; std::getline(file, line);) {
      auto one = parse_cell(line);
      if (!one) {
        throw std::runtime_error(what_.resume + ": " + one.error().context());
      }
      kept_.push_back(std::move(*one));
    }
    keeps_.open(what_.resume, std::ios::app);
    if (!keeps_) {
      throw std::runtime_error(what_.resume + ": cannot be written");
    }
  }

  void run_one(const trace& loaded, const std::string& policy, const cache_size& size) {
    if (interrupted) {
      return;
    }
    cell one{loaded.name, policy, loaded.distinct(), size.capacity(loaded.distinct()),
             loaded.blocks.size()};
    const auto same = std::find_if(kept_.begin(), kept_.end(), [&](const cell& old) {
      return old.trace == one.trace && old.policy == policy && old.blocks == one.blocks
             && old.distinct == one.distinct && old.asked == one.asked;
    });
    if (same != kept_.end()) {
      cells_.push_back(*same);
    } else {
      const auto made = run_policy(loaded, policy, one.blocks, [&](double share) {
        progress_.show(one, share);
        return !interrupted;
      });
      if (!made.finished) {
        return;
      }
      one.hits = made.hits;
      one.seconds = made.seconds;
      cells_.push_back(one);
      if (keeps_.is_open()) {
        keeps_ << to_json(one).dump() << std::endl;
      }
    }
    if (what_.json) {
      std::cout << to_json(cells_.back()).dump() << std::endl;
    }
    progress_.next();
  }

  const wishes& what_;
  progress progress_;
  std::vector<cache_size> sizes_;
  std::vector<cell> kept_;
  std::vector<cell> cells_;
  std::ofstream keeps_;
};

void describe(CLI::App& app, wishes& what) {
  app.footer(notes);
  app.add_option("TRACE", what.traces, "files: .kvt or Mooncake's JSON lines, packed by xz or not")
    ->required()
    ->check(CLI::ExistingFile);
  app.add_option("--policy", what.policies, "policies, with commas between them")
    ->delimiter(',')
    ->allow_extra_args(false)
    ->check(CLI::IsMember(policy_names()))
    ->capture_default_str();
  app.add_option("--sizes", what.sizes, "capacities, with commas between them")
    ->delimiter(',')
    ->allow_extra_args(false)
    ->capture_default_str();
  app
    .add_option("--block-tokens", what.block_tokens,
                "tokens of a block, for a format that does not say")
    ->check(CLI::Range(1.0, 1e6));
  app.add_option("--resume", what.resume, "file that keeps results, and from which a run goes on");
  auto* json = app.add_flag("--json", what.json, "a JSON object a line for each result");
  app.add_flag("--csv", what.csv, "comma-separated values")->excludes(json);
  app.add_flag("--quiet", what.quiet, "no progress");
  app.set_version_flag("--version", "cellard-replay " CELLARD_VERSION);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"replay recorded requests through eviction strategies", "cellard-replay"};
  wishes what;
  describe(app, what);
  try {
    app.parse(argc, argv);
    std::signal(SIGINT, [](int) { interrupted = true; });
    std::signal(SIGTERM, [](int) { interrupted = true; });
    replayer all(what);
    all.run();
    if (!what.json) {
      std::cout << (what.csv ? as_csv(all.cells()) : as_text(all.cells()));
    }
    return interrupted ? exit_interrupted : 0;
  } catch (const CLI::ParseError& problem) {
    return app.exit(problem) == 0 ? 0 : exit_usage;
  } catch (const std::exception& problem) {
    std::cerr << fmt::format("cellard-replay: {}\n", problem.what());
    return exit_refused;
  }
}
