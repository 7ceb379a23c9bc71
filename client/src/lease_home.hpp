// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Where leases come from and go back to: what holds connections, be it the blocking form or the
// asynchronous one. It outlives the blocks that were got over it, and knows whether it belongs to
// this process or to the parent.
#pragma once

#include "client/src/fork_count.hpp"
#include "client/src/lease_queue.hpp"
#include "core/result.hpp"

#include <memory>

namespace cellard::library {

class lease_home {
public:
  lease_home() noexcept : forks_(fork_count()) {}
  lease_home(const lease_home&) = delete;
  lease_home& operator=(const lease_home&) = delete;
  virtual ~lease_home() = default;

  /// Puts a lease into the queue of those that go back; sends them when many wait and nobody uses
  /// the connection. Any thread, at any time.
  virtual void give_back(std::unique_ptr<lease_node> node) noexcept = 0;

  /// True in a child of the process that made it.
  [[nodiscard]] bool inherited() const noexcept { return forks_ != fork_count(); }

  /// errc::forked when it is inherited.
  [[nodiscard]] core::result<core::ok_t> owned() const {
    if (inherited()) {
      return core::fail(core::errc::forked, "this handle belongs to the parent process: after fork "
                                            "the child calls cellard_connect anew");
    }
    return core::ok_t{};
  }

protected:
  static constexpr std::size_t many_leases =
    64;  ///< from here on they do not wait for the next request

  lease_queue returned_;

private:
  const std::uint32_t forks_;
};

}  // namespace cellard::library
