// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Leases on their way back. cellard_blocks_free may be called by any thread at any time and must
// neither wait for a request in flight nor allocate, so blocks bring the nodes of this list with
// them. Push one, take all: no ABA, no lock.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace cellard::library {

struct lease_node {
  std::uint64_t lease = 0;
  std::uint64_t epoch = 0;  ///< of the connection that granted it: a lease ends with its connection
  std::unique_ptr<lease_node> next;
};

class lease_queue {
public:
  lease_queue() = default;
  lease_queue(const lease_queue&) = delete;
  lease_queue& operator=(const lease_queue&) = delete;
  ~lease_queue() { drop(take_all()); }

  void push(std::unique_ptr<lease_node> node) noexcept {
    auto* raw = node.release();
    auto* top = top_.load(std::memory_order_relaxed);
    do {
      static_cast<void>(raw->next.release());  // what a lost race left there is not ours
      raw->next.reset(top);
    } while (
      !top_.compare_exchange_weak(top, raw, std::memory_order_release, std::memory_order_relaxed));
    waiting_.fetch_add(1, std::memory_order_relaxed);
  }

  std::unique_ptr<lease_node> take_all() noexcept {
    waiting_.store(0, std::memory_order_relaxed);
    return std::unique_ptr<lease_node>{top_.exchange(nullptr, std::memory_order_acquire)};
  }

  /// About how many wait; exact when nothing else happens.
  [[nodiscard]] std::size_t waiting() const noexcept {
    return waiting_.load(std::memory_order_relaxed);
  }

  /// Frees a list without recursion.
  static void drop(std::unique_ptr<lease_node> list) noexcept {
    while (list != nullptr) {
      list = std::move(list->next);
    }
  }

private:
  std::atomic<lease_node*> top_{nullptr};
  std::atomic<std::size_t> waiting_{0};
};

}  // namespace cellard::library
