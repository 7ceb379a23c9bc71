// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The short way of a chain request (docs/adr/0010). Once a namespace is open, most requests about
// it need nothing of their session but what stands in a route, so the connection sends them to the
// shard itself. Whatever a route cannot vouch for goes to the session, which knows all of it and
// says what is wrong.
//
// Threads: a route never changes; a table belongs to the connection's home thread.
#pragma once

#include "actors/handles.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

namespace cellard::actors {

struct route {
  std::uint64_t serial = 0;  ///< of the open; a handle is used again
  bool ended = false;        ///< the handle was closed; the rest says nothing
  shard_actor shard;
  core::requester who;
  std::vector<std::uint16_t> salts;  ///< by handle
  std::size_t most_keys = 0;         ///< limits.keys_per_request
  bool may_get = false;              ///< the client may map segments
  std::chrono::steady_clock::duration lease_time{};
};
using route_ptr = std::shared_ptr<const route>;

class route_table {
public:
  /// One of an open that has ended, or of an earlier one, overtaken on its way here, is ignored.
  void set(std::uint32_t handle, route_ptr way);

  /// The client has closed the handle, whatever it is.
  void end(std::uint32_t handle);

  /// The route of a request that needs its session for nothing; else null.
  [[nodiscard]] const route* of(const inbound& from) const;

private:
  struct entry {
    route_ptr way;
    std::uint64_t ended = 0;  ///< the last open that was closed
  };
  std::vector<entry> by_handle_;  ///< at most limits.namespaces_per_session
};

}  // namespace cellard::actors
