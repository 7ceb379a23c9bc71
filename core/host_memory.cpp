// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "core/host_memory.hpp"

#include <sys/sysinfo.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>

namespace cellard::core {
namespace {

std::uint64_t meminfo(const std::filesystem::path& root, const std::string& wanted) {
  std::ifstream file(root / "proc/meminfo");
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string name;
    std::uint64_t kib = 0;
    if (words >> name >> kib && name == wanted) {
      return kib * 1024;
    }
  }
  return 0;
}

std::optional<std::uint64_t> limit_in(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::uint64_t bytes = 0;
  // "max" in version 2 is no number; version 1 says nearly 2^63 when there is no limit.
  if (in >> bytes && bytes < (std::uint64_t{1} << 60)) {
    return bytes;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> smaller(std::optional<std::uint64_t> a,
                                     std::optional<std::uint64_t> b) {
  return a && b ? std::min(*a, *b) : a ? a : b;
}

/// The limit of a group and of all groups above it.
std::optional<std::uint64_t> limit_up(const std::filesystem::path& mount,
                                      std::filesystem::path group, const char* file) {
  std::optional<std::uint64_t> least = limit_in(mount / file);
  for (; !group.empty(); group = group.has_parent_path() ? group.parent_path() : "") {
    least = smaller(least, limit_in(mount / group / file));
    if (group == group.parent_path()) {
      break;
    }
  }
  return least;
}

std::optional<std::uint64_t> cgroup_limit(const std::filesystem::path& root) {
  std::optional<std::uint64_t> least;
  std::ifstream file(root / "proc/self/cgroup");
  // "0::/a/b" is version 2; "9:memory:/a/b" is the memory controller of version 1.
  for (std::string line; std::getline(file, line);) {
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) {
      continue;
    }
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const std::filesystem::path group =
      std::filesystem::path(line.substr(second + 1)).relative_path();
    if (controllers.empty()) {
      least = smaller(least, limit_up(root / "sys/fs/cgroup", group, "memory.max"));
    } else if (controllers.find("memory") != std::string::npos) {
      least =
        smaller(least, limit_up(root / "sys/fs/cgroup/memory", group, "memory.limit_in_bytes"));
    }
  }
  return least;
}

}  // namespace

std::uint64_t host_memory::usable_bytes() const noexcept {
  return cgroup_bytes ? std::min(*cgroup_bytes, total_bytes) : total_bytes;
}

host_memory read_host_memory(const std::filesystem::path& root) {
  host_memory found{meminfo(root, "MemTotal:"), meminfo(root, "MemAvailable:"), cgroup_limit(root)};
  struct sysinfo info {};
  if (found.total_bytes == 0 && sysinfo(&info) == 0) {
    // ProcSubset=pid of a service hides /proc/meminfo.
    found.total_bytes = std::uint64_t{info.totalram} * info.mem_unit;
    found.available_bytes = std::uint64_t{info.freeram} * info.mem_unit;
  }
  return found;
}

}  // namespace cellard::core
