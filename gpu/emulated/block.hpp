// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The block executor: runs the blocks of a grid one after the other on the calling OS thread, each
// CUDA thread of a block as a fiber that goes on until it waits at a barrier or in a warp
// collective. Reports as a fault what a GPU would answer with a hang or with undefined results.
// Each OS thread has an executor of its own, with the stacks of the largest block that it has run
// (at most 1024 of 256 KiB, touched pages only), until it ends. docs/adr/0032.
#pragma once

#include "gpu/emulated/policy.hpp"
#include "gpu/emulated/warp.hpp"

#include <cstddef>
#include <string>

namespace cellard::gpu::emulated {

struct index3 {
  unsigned x = 1;
  unsigned y = 1;
  unsigned z = 1;

  [[nodiscard]] std::uint64_t count() const noexcept { return std::uint64_t{x} * y * z; }
};

struct grid_launch {
  std::string kernel;  ///< its name, for faults
  index3 grid;
  index3 block;
  std::size_t shared_bytes = 0;
  void (*body)(const void* parameters) = nullptr;
  const void* parameters = nullptr;
};

/// Runs every block to its end. Throws fault for the first broken rule, and whatever the kernel
/// throws; no thread of the kernel is left then.
void run_grid(const grid_launch& what, const policy& how);

// Below: for a kernel's words (intrinsics.hpp). @pre called by a kernel that runs.

const index3& thread_index() noexcept;
const index3& block_index() noexcept;
const index3& block_extent() noexcept;
const index3& grid_extent() noexcept;
std::byte* shared_memory() noexcept;

void barrier(site where);
std::uint64_t meet(const lane_call& call);
void atomic_done();  ///< another thread may run now

}  // namespace cellard::gpu::emulated
