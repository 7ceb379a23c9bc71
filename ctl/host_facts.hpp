// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// What this host offers a cache: memory and its limits, page sizes, NUMA nodes, CUDA devices. Reads
// /proc and /sys, and asks the CUDA driver where its library is installed (it is opened at run
// time: neither CUDA nor a GPU is needed to build or run this). Blocks; any thread.
#pragma once

#include <nlohmann/json.hpp>

namespace cellard::ctl {

/// An object with "memory", "pages", "numa" and "cuda".
nlohmann::json host_facts();

/// {"devices": [{"name", "memory_bytes", "pci"}], "note": why there are none}
nlohmann::json cuda_facts();

}  // namespace cellard::ctl
