// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "client/src/fork_count.hpp"

#include <pthread.h>

#include <atomic>

namespace cellard::library {
namespace {

std::atomic<std::uint32_t> forks{0};

}  // namespace

void watch_forks() {
  // glibc removes the handler when the library is unloaded.
  static const int registered =
    pthread_atfork(nullptr, nullptr, [] { forks.fetch_add(1, std::memory_order_relaxed); });
  static_cast<void>(registered);
}

std::uint32_t fork_count() noexcept {
  return forks.load(std::memory_order_relaxed);
}

}  // namespace cellard::library
