// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// A client that only looks: waits for a state of the daemon by asking for its numbers again and
// again. Each answer is something that the daemon did, so nothing sleeps; the number of questions
// is bounded, and so is the time.
#pragma once

#include "tests/support/daemon_process.hpp"
#include "tests/support/raw_client.hpp"

#include <chrono>
#include <stdexcept>
#include <string>

namespace cellard::tests {

class watcher {
public:
  explicit watcher(const daemon_process& daemon) : daemon_(daemon), client_(daemon.socket()) {}

  raw_client& client() noexcept { return client_; }
  nlohmann::json stats() { return client_.stats(); }

  /// Asks until `holds(stats)`; throws with the last numbers when it never does.
  template <class Condition>
  nlohmann::json until(const std::string& what, Condition holds) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    for (;;) {
      auto numbers = stats();
      if (holds(numbers)) {
        return numbers;
      }
      if (std::chrono::steady_clock::now() > deadline) {
        throw std::runtime_error("never: " + what + "; descriptors "
                                 + std::to_string(daemon_.descriptors()) + ", " + numbers.dump()
                                 + "\n" + daemon_.log());
      }
    }
  }

  /// Until nothing is left of any other client. Returns how many descriptors the daemon has then.
  std::size_t until_idle() {
    until("idle", [](const auto& numbers) { return idle(numbers); });
    return daemon_.descriptors();
  }
  /// The same, and the daemon has no more than so many descriptors. Fewer is no leak: the number
  /// may have been taken while the connection of a session that had ended was not closed yet.
  void until_idle(std::size_t descriptors) {
    until("idle with " + std::to_string(descriptors) + " descriptors", [&](const auto& numbers) {
      return idle(numbers) && daemon_.descriptors() <= descriptors;
    });
  }

private:
  static bool idle(const nlohmann::json& numbers) {
    for (const char* each :
         {"staging_bytes", "leases", "reservations", "deferred_slots", "copy_queue_bytes"}) {
      if (numbers.at(each) != 0) {
        return false;
      }
    }
    return numbers.at("sessions") == 1;
  }

  const daemon_process& daemon_;
  raw_client client_;
};

}  // namespace cellard::tests
