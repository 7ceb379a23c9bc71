// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// What the forecast costs the daemon under a replayed load: a public trace through two daemons in
// turns, one that makes a forecast as it does by default and one that makes none, each as fast as
// one client goes. Blocks have 4 KiB, and both daemons far fewer than the trace. The first turns,
// in which the sample shrinks to what its share of a core allows, are told apart.
//
//   forecast_load [FOLDER]      default: $CELLARD_TRACES; without either it says so and ends
#include "bench/support/keys.hpp"
#include "bench/support/rows.hpp"
#include "bench/support/servers.hpp"
#include "bench/support/store.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <vector>

#include "replay/trace.hpp"

namespace cellard::bench {
namespace {

using clock = std::chrono::steady_clock;

constexpr std::size_t block_bytes = 4096;
constexpr std::chrono::milliseconds slot{1500};
constexpr int first_slots = 12;
constexpr int slots = 16;
constexpr double most_of_a_core = 0.01;
constexpr double least_rate = 0.97;  // what two runs of the same differ by

/// Seconds of processor time that a process has used.
double processor_seconds(pid_t of) {
  std::ifstream file(fmt::format("/proc/{}/stat", of));
  std::string all;
  std::getline(file, all);
  std::istringstream fields(all.substr(all.rfind(')') + 2));
  std::string skipped;
  for (int i = 0; i < 11; ++i) {
    fields >> skipped;
  }
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

/// A daemon, its one client, and how far through the trace it is.
class contestant {
public:
  contestant(const replay::trace& what, const std::string& config)
    : what_(what),
      daemon_(any_core, "128 MiB", config),
      client_(daemon_.socket(), "load", block_bytes),
      bytes_(block_bytes, std::byte{7}) {}

  void go_on() {
    const double before = processor_seconds(daemon_.pid());
    const auto end = clock::now() + slot;
    while (clock::now() < end) {
      serve(what_.requests[next_]);
      next_ = (next_ + 1) % what_.requests.size();
    }
    seconds += std::chrono::duration<double>(slot).count();
    daemon_seconds += processor_seconds(daemon_.pid()) - before;
  }

  /// What was counted until now.
  void forget() { seconds = daemon_seconds = blocks = 0; }

  [[nodiscard]] double forecast_seconds() const { return client_.forecast_cpu_seconds(); }

  double seconds = 0;
  double daemon_seconds = 0;
  double blocks = 0;

private:
  void serve(const replay::request& request) {
    keys_.clear();
    for (const auto block : what_.chain(request)) {
      keys_.push_back(key_of(0, block));
    }
    const auto found = client_.get(keys_);
    client_.put_rest(keys_, cellard_blocks_count(found.get()), bytes_);
    blocks += static_cast<double>(keys_.size());
  }

  const replay::trace& what_;
  daemon_server daemon_;
  store client_;
  std::vector<std::byte> bytes_;
  std::vector<cellard_key> keys_;
  std::size_t next_ = 0;
};

bool measure(const std::filesystem::path& file, const std::string& strategy) {
  const auto what = replay::read_trace(file);
  if (!what) {
    std::cerr << what.error().context() << '\n';
    return false;
  }
  const auto eviction = fmt::format("[eviction]\nstrategy = \"{}\"\n", strategy);
  contestant with(*what, eviction);
  contestant without(*what, eviction + "[statistics]\nforecast_memory = 0\n");
  for (int i = 0; i < first_slots; ++i) {
    with.go_on();
    without.go_on();
  }
  const double at_first = with.forecast_seconds();
  const double share_at_first = at_first / with.seconds;
  with.forget();
  without.forget();
  for (int i = 0; i < slots; ++i) {
    with.go_on();
    without.go_on();
  }
  const double share = (with.forecast_seconds() - at_first) / with.seconds;
  const auto name = fmt::format("forecast/{}/{}", what->name, strategy);
  std::cerr << fmt::format(
    "{}: at first {:.2f} % of a core; {:.0f} and {:.0f} block accesses/s, {:.2f} and {:.2f} s of "
    "the daemon's time\n",
    name, 100 * share_at_first, with.blocks / with.seconds, without.blocks / without.seconds,
    with.daemon_seconds, without.daemon_seconds);
  at_most(name + "/cpu", 100 * share, "% of a core", 100 * most_of_a_core);
  at_least(name + "/rate", with.blocks / with.seconds, "blocks/s", without.blocks / without.seconds,
           least_rate);
  return true;
}

}  // namespace
}  // namespace cellard::bench

int main(int count, char** arguments) {
  const char* const folder = count > 1 ? arguments[1] : std::getenv("CELLARD_TRACES");
  if (folder == nullptr) {
    std::cerr << "SKIPPED: the forecast's cost; set CELLARD_TRACES to the folder with "
                 "mc_conv.kvt.xz and agents.kvt.xz\n";
    return 0;
  }
  try {
    for (const char* strategy : {"lru", "adaptive"}) {
      for (const char* name : {"mc_conv.kvt.xz", "agents.kvt.xz"}) {
        if (!cellard::bench::measure(std::filesystem::path(folder) / name, strategy)) {
          return 1;
        }
      }
    }
  } catch (const std::exception& problem) {
    std::cerr << "forecast_load: " << problem.what() << '\n';
    return 1;
  }
  return 0;
}
