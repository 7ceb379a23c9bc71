// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "daemon/exit_signal.hpp"

#include <algorithm>

namespace cellard::daemon {

void exit_signal::notify() {
  if (waiters_.load() == 0) {
    return;
  }
  // Empty, but not without effect: a waiter is either before its look at the count or already in
  // its wait.
  { const std::lock_guard guard(mutex_); }
  ended_.notify_all();
}

bool exit_signal::wait(const std::function<bool()>& reached, time_point deadline) {
  ++waiters_;
  std::unique_lock guard(mutex_);
  bool done = reached();
  while (!done) {
    const auto now = std::chrono::steady_clock::now();
    if (now >= deadline) {
      break;
    }
    ended_.wait_until(guard, std::min(deadline, now + recheck));
    done = reached();
  }
  guard.unlock();
  --waiters_;
  return done;
}

}  // namespace cellard::daemon
