// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// What the daemon costs beside what it holds: resident bytes a block, a thousand idle clients, the
// time from its start to the first answer.
//
//   ipc_memory [blocks|idle|start]...     default: all
#include "bench/support/keys.hpp"
#include "bench/support/rows.hpp"
#include "bench/support/servers.hpp"
#include "bench/support/store.hpp"
#include "bench/support/turns.hpp"

#include <fmt/format.h>

#include <sys/resource.h>

#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <set>
#include <sstream>
#include <thread>

namespace cellard::bench {
namespace {

using namespace std::chrono_literals;

/// A size in a file of /proc whose lines are "name: n kB".
double kibibytes(const std::string& file, const std::string& name) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(name + ":")) {
      return std::stod(line.substr(name.size() + 1));
    }
  }
  throw std::runtime_error(file + " has no " + name);
}

/// Without pages of files, which are the program itself and the system's to drop.
double resident_bytes(pid_t pid) {
  const auto file = fmt::format("/proc/{}/status", pid);
  return (kibibytes(file, "RssAnon") + kibibytes(file, "RssShmem")) * 1024;
}

/// Seconds of CPU of all threads, in nanosecond steps (stat has ticks of 10 ms).
double cpu_seconds(pid_t pid) {
  double sum = 0;
  for (const auto& thread :
       std::filesystem::directory_iterator(fmt::format("/proc/{}/task", pid))) {
    std::ifstream in(thread.path() / "schedstat");
    double nanoseconds = 0;
    in >> nanoseconds;
    sum += nanoseconds / 1e9;
  }
  return sum;
}

void blocks(std::size_t count, std::size_t size, const std::string& name) {
  constexpr std::size_t chain_length = 500;
  const daemon_server daemon(any_core);
  const double empty = resident_bytes(daemon.pid());
  {
    const store cache(daemon.socket(), "blocks", size);
    const std::vector<std::byte> bytes(size, std::byte{7});
    for (std::size_t i = 0; i < count / chain_length; ++i) {
      cache.put_chain(chain_of(i, chain_length), bytes);
    }
  }
  std::this_thread::sleep_for(500ms);  // the client's staging area goes, prefaulting ends
  const store cache(daemon.socket(), "blocks", size);
  const auto number = [&](const std::string& what) {
    return static_cast<double>(cache.statistic(what));
  };
  const double held = number("blocks");
  const double payload = number("payload_bytes");
  const double free = number("populated_bytes") - number("used_bytes");
  const double resident = resident_bytes(daemon.pid());
  const double beyond = (resident - payload - free) / held;
  at_most("ipc/memory/" + name, beyond, "bytes/block", 300,
          fmt::format("{} blocks: {:.1f} MiB resident, {:.1f} MiB payload, {:.1f} MiB free "
                      "granules; the empty daemon has {:.1f} MiB, without it {:.0f} bytes/block",
                      held, resident / 1048576, payload / 1048576, free / 1048576, empty / 1048576,
                      (resident - empty - payload - free) / held));
}

void idle() {
  constexpr std::size_t clients = 1000;
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  const daemon_server daemon(any_core);
  std::vector<std::unique_ptr<store>> all;
  all.push_back(std::make_unique<store>(daemon.socket(), "idle", 4096));
  std::this_thread::sleep_for(1s);
  const double before = resident_bytes(daemon.pid());
  while (all.size() < clients) {
    all.push_back(std::make_unique<store>(daemon.socket(), "idle", 4096));
  }
  std::this_thread::sleep_for(1s);
  const double after = resident_bytes(daemon.pid());
  const double used = cpu_seconds(daemon.pid());
  const auto begin = clock::now();
  std::this_thread::sleep_for(8s);
  const double share = (cpu_seconds(daemon.pid()) - used) / (microseconds_since(begin) / 1e6) * 100;
  at_most("ipc/idle/1000_clients/cpu", share, "% of a core", 0.1);
  at_most("ipc/idle/1000_clients/memory", (after - before) / (clients - 1), "bytes/client",
          16 * 1024);
}

void start() {
  std::vector<double> milliseconds;
  for (int round = 0; round < 11; ++round) {
    const auto begin = clock::now();
    const daemon_server daemon(any_core, "8 GiB");
    const store cache(daemon.socket(), "start", 1 << 20);
    const auto key = key_of(0, 0);
    static_cast<void>(cache.lookup({&key, 1}));
    milliseconds.push_back(microseconds_since(begin) / 1000);
  }
  at_most("ipc/start/8_GiB", median(milliseconds), "ms", 100);
}

void run(const std::set<std::string>& wanted) {
  const auto is_wanted = [&](const std::string& what) {
    return wanted.empty() || wanted.contains(what);
  };
  if (is_wanted("start")) {
    start();
  }
  if (is_wanted("idle")) {
    idle();
  }
  if (is_wanted("blocks")) {
    blocks(100'000, 16 * 1024, "100k_blocks_of_16_KiB");
    blocks(1'000'000, 4 * 1024, "1m_blocks_of_4_KiB");
  }
}

}  // namespace
}  // namespace cellard::bench

int main(int argc, char** argv) {
  try {
    cellard::bench::run(std::set<std::string>(argv + 1, argv + argc));
  } catch (const std::exception& problem) {
    std::cerr << "ipc_memory: " << problem.what() << '\n';
    return 1;
  }
  return 0;
}
