// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Tells a waiting thread that an actor has ended. CAF 0.17 counts running actors but lets nobody
// wait for that count with a deadline, and wakes its own waiters only at one and at zero. So the
// units signal here after each turn that ended an actor, and the waiter looks at the count again.
//
// One mutex, with its condition variable: taken by the waiter, and by a unit only while somebody
// waits, which is during shutdown. Actors that end elsewhere (blocking and detached ones, last
// handle dropped) do not signal; `recheck` bounds how late they are seen.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>

namespace cellard::daemon {

class exit_signal {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// How long an end that nobody signals can stay unseen.
  static constexpr std::chrono::milliseconds recheck{10};

  /// An actor ended. Called by the unit that ran its last turn; costs one load when nobody waits.
  void notify();

  /// Waits until `reached()` holds or `deadline` is over; true when it holds. Any number of threads
  /// may wait.
  [[nodiscard]] bool wait(const std::function<bool()>& reached, time_point deadline);

private:
  std::atomic<int> waiters_ = 0;
  std::mutex mutex_;
  std::condition_variable ended_;
};

}  // namespace cellard::daemon
