// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The seam of a launch. Host code that starts kernels is compiled once, by g++; which library
// defines launch<Kernel>(), gpu/cuda or gpu/emulated, is a matter of linking. A kernel is a type:
//   static constexpr unsigned threads      of a block
//   struct parameters                      trivially copyable, pointers into device memory
//   struct shared_layout                   all of its shared memory; empty = none
//   static __device__ void run(const parameters&)
#pragma once

namespace cellard::gpu {

struct extent {
  unsigned x = 1;
  unsigned y = 1;
  unsigned z = 1;
};

class stream;

/// Queues it. What goes wrong is told by the stream's wait().
template <class Kernel>
void launch(stream& on, extent grid, const typename Kernel::parameters& with);

}  // namespace cellard::gpu
