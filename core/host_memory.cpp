// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "core/host_memory.hpp"

#include <sys/sysinfo.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>

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

struct limit {
  std::optional<std::uint64_t> bytes;
  std::filesystem::path file;
};

void lower(limit& least, const std::filesystem::path& file) {
  const auto found = limit_in(file);
  if (found && (!least.bytes || *found < *least.bytes)) {
    least = {found, file};
  }
}

/// The limit of a group and of all groups above it.
void lower_upwards(limit& least, const std::filesystem::path& mount, std::filesystem::path group,
                   const char* file) {
  lower(least, mount / file);
  for (; !group.empty(); group = group.has_parent_path() ? group.parent_path() : "") {
    lower(least, mount / group / file);
    if (group == group.parent_path()) {
      break;
    }
  }
}

limit cgroup_limit(const std::filesystem::path& root) {
  limit least;
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
      lower_upwards(least, root / "sys/fs/cgroup", group, "memory.max");
    } else if (controllers.find("memory") != std::string::npos) {
      lower_upwards(least, root / "sys/fs/cgroup/memory", group, "memory.limit_in_bytes");
    }
  }
  return least;
}

}  // namespace

std::uint64_t host_memory::usable_bytes() const noexcept {
  return cgroup_bytes ? std::min(*cgroup_bytes, total_bytes) : total_bytes;
}

host_memory read_host_memory(const std::filesystem::path& root) {
  auto group = cgroup_limit(root);
  host_memory found{meminfo(root, "MemTotal:"), meminfo(root, "MemAvailable:"), group.bytes,
                    std::move(group.file)};
  struct sysinfo info {};
  if (found.total_bytes == 0 && sysinfo(&info) == 0) {
    // ProcSubset=pid of a service hides /proc/meminfo.
    found.total_bytes = std::uint64_t{info.totalram} * info.mem_unit;
    found.available_bytes = std::uint64_t{info.freeram} * info.mem_unit;
  }
  return found;
}

}  // namespace cellard::core
