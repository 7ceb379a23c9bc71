// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// A client as a process of its own, made by fork, so that it can be killed or stopped at a step
// that it reports. What it throws becomes its exit status 1 and a line on stderr.
#pragma once

#include <sys/types.h>

#include <functional>

namespace cellard::tests {

class child {
public:
  /// Runs `life` in a forked process. It gets a function that tells the parent "I am there".
  explicit child(const std::function<void(const std::function<void()>& report)>& life);
  /// Kills it if it still runs.
  ~child();
  child(const child&) = delete;
  child& operator=(const child&) = delete;

  [[nodiscard]] pid_t pid() const noexcept { return pid_; }

  /// Waits until it reported once more. Throws when it ended instead.
  void wait_reported() const;
  /// Waits until SIGSTOP has stopped it.
  void wait_stopped() const;
  void signal(int number) const;
  /// SIGKILL, and waits.
  void kill();
  /// Waits for its end; the exit status, or 128 + the signal.
  int wait();

private:
  pid_t pid_ = -1;
  int pipe_ = -1;
};

/// Waits for a signal that kills; for the end of a child's life.
[[noreturn]] void sleep_until_killed();

}  // namespace cellard::tests
