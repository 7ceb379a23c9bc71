// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Where clients connect: SOCK_SEQPACKET Unix sockets, made here or passed by the service manager. A
// socket file that nobody listens on is replaced; a live one belongs to another daemon, and
// starting is refused with its pid (decisions L4). Used at start, on the main thread.
#pragma once

#include "config/config.hpp"
#include "core/result.hpp"

#include <string>
#include <vector>

namespace cellard::daemon {

/// A bound socket that listens. Closes it, and removes the file if this process made it.
class listener {
public:
  listener(int descriptor, config::listener_settings settings, int lock);
  listener(listener&& other) noexcept;
  listener& operator=(listener&&) = delete;
  listener(const listener&) = delete;
  listener& operator=(const listener&) = delete;
  ~listener();

  /// The file at the path is ours from now on.
  void own_file() noexcept { owns_file_ = true; }

  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
  [[nodiscard]] const config::listener_settings& settings() const noexcept { return settings_; }

private:
  int descriptor_;
  int lock_;  ///< of the path, or -1
  config::listener_settings settings_;
  bool owns_file_ = false;
};

/// $CELLARD_SOCKET, else the user's runtime directory, else a private directory under /tmp; root
/// uses /run/cellard.
core::result<std::string> default_socket_path();

/// Binds one socket. errc::exists names the pid of a daemon that lives there.
core::result<listener> listen_on(const config::listener_settings& settings);

/// Sockets that the service manager passed (LISTEN_FDS), matched to [[listener]] entries by
/// FileDescriptorName = tenant, or in order.
core::result<std::vector<listener>>
passed_listeners(const std::vector<config::listener_settings>& known);

}  // namespace cellard::daemon
