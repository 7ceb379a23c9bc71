// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// What a kernel is, and how many blocks of it run. A kernel is a type:
//   static constexpr unsigned threads      of a block
//   struct parameters                      trivially copyable, pointers into device memory
//   struct shared_layout                   all of its shared memory; empty = none
//   static __device__ void run(const parameters&)
#pragma once

namespace cellard::gpu::kernels {

struct extent {
  unsigned x = 1;
  unsigned y = 1;
  unsigned z = 1;
};

}  // namespace cellard::gpu::kernels
