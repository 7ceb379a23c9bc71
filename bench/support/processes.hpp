// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Child processes of a benchmark, and the cores they run on. A child ends with its object, and with
// the benchmark should that be killed.
#pragma once

#include <sched.h>
#include <sys/types.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace cellard::bench {

/// Any core that this process may use.
inline constexpr int any_core = -1;

/// The core for latencies: $CELLARD_BENCH_CPU, else the last one there is.
int chosen_core();

/// This thread, and what it starts, runs on one core while this lives.
class pinned {
public:
  explicit pinned(int core);
  ~pinned();
  pinned(const pinned&) = delete;
  pinned& operator=(const pinned&) = delete;

private:
  cpu_set_t before_{};
};

class child {
public:
  child() = default;
  child(child&& other) noexcept : pid_(other.pid_) { other.pid_ = -1; }
  child& operator=(child&& other) noexcept;
  child(const child&) = delete;
  child& operator=(const child&) = delete;
  ~child() { end(); }

  /// Starts a program. Its output goes to `log`. `environment`: NAME=value, added to ours.
  static child execute(const std::vector<std::string>& words, int core, const std::string& log,
                       const std::vector<std::string>& environment = {});
  /// Runs a function in a copy of this process; its exit status is 0, or 1 when it throws.
  static child run(const std::function<void()>& what, int core = any_core);

  [[nodiscard]] pid_t pid() const noexcept { return pid_; }
  [[nodiscard]] bool running() const;
  /// Waits for its end; throws when it failed or did not end in time.
  void wait(std::chrono::seconds at_most);
  /// SIGTERM, and SIGKILL a second later.
  void end() noexcept;

private:
  explicit child(pid_t pid) : pid_(pid) {}
  pid_t pid_ = -1;
};

/// A directory under /tmp that goes with its owner.
class temporary_folder {
public:
  temporary_folder();
  ~temporary_folder();
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;

  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }

private:
  std::string path_;
};

}  // namespace cellard::bench
