// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// How much memory this process may use: the smaller of what the host has and what its control group
// (v1 or v2, and every group above it) allows. "25 %" in the configuration is a share of this.
// Reads files of /proc and /sys; call at start or from a thread that may block.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace cellard::core {

struct host_memory {
  std::uint64_t total_bytes = 0;      ///< MemTotal
  std::uint64_t available_bytes = 0;  ///< MemAvailable
  std::optional<std::uint64_t> cgroup_bytes;
  std::filesystem::path cgroup_file;  ///< where that limit stands; empty without one

  /// What shares of memory are shares of.
  [[nodiscard]] std::uint64_t usable_bytes() const noexcept;
};

/// `root` is put before every path, for tests; "/" in life.
host_memory read_host_memory(const std::filesystem::path& root = "/");

}  // namespace cellard::core
