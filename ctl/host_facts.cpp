// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "ctl/host_facts.hpp"

#include "core/host_memory.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace cellard::ctl {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

std::string first_line(const fs::path& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return line;
}

std::uint64_t number_in(const fs::path& file) {
  std::ifstream in(file);
  std::uint64_t value = 0;
  in >> value;
  return value;
}

/// The word in brackets: "always [madvise] never".
std::string chosen_in(const fs::path& file) {
  const auto line = first_line(file);
  const auto open = line.find('[');
  const auto close = line.find(']', open);
  return close == std::string::npos ? "" : line.substr(open + 1, close - open - 1);
}

/// Entries of a folder whose name starts so, sorted by the number behind it.
std::vector<std::pair<std::uint64_t, fs::path>> numbered(const fs::path& folder,
                                                         const std::string& prefix) {
  std::vector<std::pair<std::uint64_t, fs::path>> found;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    const auto name = entry.path().filename().string();
    std::istringstream digits(name.substr(std::min(prefix.size(), name.size())));
    if (std::uint64_t value = 0; name.rfind(prefix, 0) == 0 && digits >> value) {
      found.emplace_back(value, entry.path());
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

json memory_facts(const fs::path& root) {
  const auto host = core::read_host_memory(root);
  return {{"total_bytes", host.total_bytes},
          {"available_bytes", host.available_bytes},
          {"cgroup_limit_bytes", host.cgroup_bytes ? json(*host.cgroup_bytes) : json(nullptr)},
          {"cgroup_limit_file", host.cgroup_file.string()},
          {"usable_bytes", host.usable_bytes()}};
}

/// Reserved huge pages, of the host or of a node.
json huge_pages_in(const fs::path& folder) {
  json huge = json::array();
  for (const auto& [kib, path] : numbered(folder, "hugepages-")) {
    huge.push_back({{"bytes", kib * 1024},
                    {"pages", number_in(path / "nr_hugepages")},
                    {"free", number_in(path / "free_hugepages")}});
  }
  return huge;
}

json page_facts(const fs::path& root) {
  const fs::path kernel = root / "sys/kernel/mm";
  return {{"bytes", sysconf(_SC_PAGESIZE)},
          {"huge", huge_pages_in(kernel / "hugepages")},
          {"transparent", chosen_in(kernel / "transparent_hugepage/enabled")},
          {"transparent_shared", chosen_in(kernel / "transparent_hugepage/shmem_enabled")}};
}

/// "Node 0 MemTotal:       8123456 kB"
std::uint64_t node_memory(const fs::path& node, const std::string& field) {
  std::ifstream in(node / "meminfo");
  std::string word;
  std::uint64_t kib = 0;
  while (in >> word) {
    if (word == field && in >> kib) {
      break;
    }
  }
  return kib * 1024;
}

json numa_facts(const fs::path& root) {
  json nodes = json::array();
  for (const auto& [id, path] : numbered(root / "sys/devices/system/node", "node")) {
    nodes.push_back({{"node", id},
                     {"cpus", first_line(path / "cpulist")},
                     {"total_bytes", node_memory(path, "MemTotal:")},
                     {"free_bytes", node_memory(path, "MemFree:")},
                     {"huge", huge_pages_in(path / "hugepages")},
                     {"distances", first_line(path / "distance")}});
  }
  return nodes;
}

}  // namespace

json host_facts(const fs::path& root) {
  return {{"cpus", std::thread::hardware_concurrency()},
          {"memory", memory_facts(root)},
          {"pages", page_facts(root)},
          {"numa", numa_facts(root)},
          {"cuda", cuda_facts()},
          {"nvidia", nvidia_facts(root)}};
}

}  // namespace cellard::ctl
