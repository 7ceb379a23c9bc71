// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// What the kernel says of NVIDIA's GPUs, without CUDA: the driver's folder in /proc, and whether
// this user may open the device files. It explains why CUDA sees no device where there is one.
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "ctl/host_facts.hpp"

namespace cellard::ctl {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

/// "Model: \t\t NVIDIA H100": the text behind `field` and its colon; empty without such a line.
std::string field_in(const fs::path& file, const std::string& field) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (line.rfind(field + ":", 0) == 0) {
      const auto begin = line.find_first_not_of(" \t", field.size() + 1);
      return begin == std::string::npos ? "" : line.substr(begin);
    }
  }
  return "";
}

json gpu_facts(const fs::path& root, const fs::path& folder) {
  const auto minor = field_in(folder / "information", "Device Minor");
  const auto device = "dev/nvidia" + minor;
  return {{"pci", folder.filename().string()},
          {"name", field_in(folder / "information", "Model")},
          {"device_file", "/" + device},
          {"usable", !minor.empty() && access((root / device).c_str(), R_OK | W_OK) == 0}};
}

}  // namespace

json nvidia_facts(const fs::path& root) {
  std::vector<fs::path> folders;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(root / "proc/driver/nvidia/gpus", ignored)) {
    folders.push_back(entry.path());
  }
  std::sort(folders.begin(), folders.end());
  json gpus = json::array();
  for (const auto& folder : folders) {
    gpus.push_back(gpu_facts(root, folder));
  }
  return gpus;
}

}  // namespace cellard::ctl
