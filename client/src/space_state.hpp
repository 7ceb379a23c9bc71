// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// A namespace as the caller opened it. It keeps the open request, because every new connection has
// to open it again before its first use. Immutable, so any thread may use it.
#pragma once

#include "client/src/client_state.hpp"
#include "core/layout.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace cellard::library {

inline constexpr std::uint64_t largest_block = UINT32_MAX;  // lengths have 32 bits on the wire

struct space_state {
  std::shared_ptr<client_state> client;
  std::uint64_t id =
    0;  ///< the client's own number; the daemon's handle differs from connection to connection
  std::string name;
  std::string salt;
  core::layout layout;
  std::uint32_t kv_group = 0;
  std::uint16_t part = 0;
  std::uint64_t max_age_ms = 0;
  std::uint64_t block_bytes = 0;

  /// Fills layout, max_age_ms and block_bytes from the daemon's namespace, which exists, and opens
  /// it. Before the space is shared. not_found
  core::result<core::ok_t> adopt_existing(const deadline& until);

  /// Opens the namespace on this connection unless it is.
  core::result<core::ok_t> open_on(connection& link, const deadline& until) const;

  /// Its two halves, for who does not wait between them.
  [[nodiscard]] protocol::open_request opening() const;
  core::result<core::ok_t> opened_on(connection& link, const protocol::open_reply& reply) const;

  /// @pre open_on succeeded on this connection
  [[nodiscard]] open_space& on(connection& link) const { return link.spaces.at(id); }

  /// True when all raw blocks have the same length.
  [[nodiscard]] bool fixed_length() const noexcept { return layout.type != core::dtype::opaque; }

  /// Tells the daemon, if it is there, and forgets the segments.
  void close() const;
};

}  // namespace cellard::library
