// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// run<Kernel>(): one kernel of gpu/kernels on the emulator, at once and to its end.
#pragma once

#include "gpu/emulated/block.hpp"
#include "gpu/launch.hpp"

#include <boost/core/demangle.hpp>

#include <type_traits>
#include <typeinfo>

namespace cellard::gpu::emulated {

template <class Kernel>
void run(extent grid, const typename Kernel::parameters& with, const policy& how) {
  using parameters = typename Kernel::parameters;
  using shared_layout = typename Kernel::shared_layout;
  static_assert(std::is_trivially_copyable_v<parameters>);
  run_grid({.kernel = boost::core::demangle(typeid(Kernel).name()),
            .grid = {grid.x, grid.y, grid.z},
            .block = {Kernel::threads, 1, 1},
            .shared_bytes = std::is_empty_v<shared_layout> ? 0 : sizeof(shared_layout),
            .body = [](const void* p) { Kernel::run(*static_cast<const parameters*>(p)); },
            .parameters = &with},
           how);
}

}  // namespace cellard::gpu::emulated
