// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The one reason why the daemon ends: the first request counts, later ones are ignored. Any thread
// asks, the main thread waits.
#pragma once

#include <atomic>
#include <future>
#include <string>

namespace cellard::daemon {

class stop_request {
public:
  struct cause {
    std::string reason;
    bool failed = false;
  };

  void ask(cause why) {
    if (!asked_.test_and_set()) {
      promise_.set_value(std::move(why));
    }
  }

  /// Once.
  cause wait() { return promise_.get_future().get(); }

private:
  std::atomic_flag asked_ = ATOMIC_FLAG_INIT;
  std::promise<cause> promise_;
};

}  // namespace cellard::daemon
