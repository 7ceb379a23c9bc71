// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The real daemon as a child process, in a directory of its own. It is started by its constructor,
// which returns once the daemon said READY=1, and killed by its destructor if it still runs. All
// waits have a deadline and end in an exception that carries the daemon's log.
//
// The daemon's path is argv[1] of the test (`cellard_test(... ARGUMENTS)`).
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

namespace cellard::tests {

/// For every wait in these tests: long enough for a loaded machine with sanitizers.
inline constexpr std::chrono::seconds patience{60};

/// A directory under /tmp that goes with its owner.
class temp_folder {
public:
  temp_folder();
  ~temp_folder();
  temp_folder(const temp_folder&) = delete;
  temp_folder& operator=(const temp_folder&) = delete;

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }

private:
  std::string path_;
};

/// A configuration with so much memory, and lines for its [limits]. Staging is a part of it that
/// leaves some for several clients of the library, each of which takes up to limits.staging.
inline std::string memory_of(const std::string& capacity, const std::string& limits = {}) {
  return "[limits]\nstaging = \"2 MiB\"\nstaging_total = \"50 %\"\n" + limits
         + "[memory]\ncapacity = \"" + capacity + "\"\n";
}

struct daemon_options {
  std::string config = memory_of("64 MiB");  ///< written to cellard.toml
  std::size_t descriptors = 0;               ///< RLIMIT_NOFILE; 0 = as it is
};

/// Waits for a child; its status as waitpid gives it. Throws when it does not end in time.
int wait_for_child(pid_t pid, std::chrono::milliseconds deadline = patience);

class daemon_process {
public:
  explicit daemon_process(const daemon_options& options = {});
  ~daemon_process();
  daemon_process(const daemon_process&) = delete;
  daemon_process& operator=(const daemon_process&) = delete;

  [[nodiscard]] std::string socket() const { return folder_.file("cellard.sock"); }
  [[nodiscard]] std::string config_file() const { return folder_.file("cellard.toml"); }
  [[nodiscard]] pid_t pid() const noexcept { return pid_; }

  /// Starts it again in the same directory, after it ended.
  void start();
  /// Starts a second one on the same socket and waits for its end: exit status and log.
  std::pair<int, std::string> start_rival() const;

  void signal(int number) const;
  /// Waits for its end. The exit status, or 128 + the signal.
  int wait();
  /// SIGTERM and wait.
  int stop();
  /// SIGKILL and wait.
  void kill();

  /// Replaces the configuration as editors do, by a rename.
  void write_config(const std::string& text) const;
  /// Takes messages of the notify socket until one begins with this.
  void wait_notified(const std::string& beginning);

  [[nodiscard]] std::size_t descriptors() const;
  [[nodiscard]] std::string log() const;

private:
  [[nodiscard]] pid_t spawn(const std::string& log_file) const;

  temp_folder folder_;
  daemon_options options_;
  int notify_ = -1;
  pid_t pid_ = -1;
};

}  // namespace cellard::tests
