// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// What this host offers a cache: memory and its limits, page sizes, NUMA nodes, GPUs. Reads
// /proc and /sys, and asks the CUDA driver where its library is installed (it is opened at run
// time: neither CUDA nor a GPU is needed to build or run this). Blocks; any thread.
#pragma once

#include <filesystem>

#include <nlohmann/json.hpp>

namespace cellard::ctl {

/// An object with "memory", "pages", "numa", "cuda" and "nvidia". `root` is put before every path,
/// for tests; "/" in life.
nlohmann::json host_facts(const std::filesystem::path& root = "/");

/// [{"pci", "name", "device_file", "usable"}] of the kernel's driver; empty where there is none.
nlohmann::json nvidia_facts(const std::filesystem::path& root);

/// {"devices": [{"name", "memory_bytes", "pci"}], "note": why there are none}
nlohmann::json cuda_facts();

}  // namespace cellard::ctl
