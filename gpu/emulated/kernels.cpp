// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// launch<Kernel>() of the emulator, for every kernel.
#include "gpu/emulated/device.hpp"
#include "gpu/emulated/launch.hpp"
#include "gpu/kernels/list.hpp"

#include <tuple>

namespace cellard::gpu {

template <class Kernel>
void launch(stream& on, extent grid, const typename Kernel::parameters& with) {
  auto& own = static_cast<emulated::stream&>(on);
  own.queue([=, how = own.how()] { emulated::run<Kernel>(grid, with, how); });
}

namespace emulated {
namespace {

template <class... Kernels>
auto instances(kernels::kernel_list<Kernels...>) {
  return std::array{reinterpret_cast<kernels::address>(&launch<Kernels>)...};
}

}  // namespace

extern const auto launches = std::tuple(
  instances(kernels::kernels_of<kernels::f32>()), instances(kernels::kernels_of<kernels::f16>()),
  instances(kernels::kernels_of<kernels::bf16>()),
  instances(kernels::kernels_of<kernels::f8e4m3>()), instances(kernels::kernels_of_any()));

}  // namespace emulated
}  // namespace cellard::gpu
