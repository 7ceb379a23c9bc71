// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// All that nvcc compiles: the entry of a kernel, launch<Kernel>(), and the list of instances.
#include "gpu/cuda/queue.hpp"
#include "gpu/kernels/list.hpp"
#include "gpu/launch.hpp"

#include <type_traits>

namespace cellard::gpu {
namespace cuda {

template <class Kernel>
__global__ void __launch_bounds__(Kernel::threads, 1)
  entry(const __grid_constant__ typename Kernel::parameters with) {
  Kernel::run(with);
}

}  // namespace cuda

template <class Kernel>
void launch(stream& on, extent grid, const typename Kernel::parameters& with) {
  using shared_layout = typename Kernel::shared_layout;
  constexpr std::size_t shared_bytes = std::is_empty_v<shared_layout> ? 0 : sizeof(shared_layout);
  static_assert(shared_bytes <= 48 * 1024, "more has to be asked for with cudaFuncSetAttribute");
  auto& queue = cuda::queue_of(on);
  cuda::entry<Kernel>
    <<<dim3(grid.x, grid.y, grid.z), Kernel::threads, shared_bytes, queue.handle>>>(with);
  queue.note(cudaGetLastError());
}

namespace cuda {
namespace {

template <class... Kernels>
auto instances(kernels::kernel_list<Kernels...>) {
  return std::array{reinterpret_cast<kernels::address>(&launch<Kernels>)...};
}

}  // namespace

extern const auto launches_f32 = instances(kernels::kernels_of<kernels::f32>());
extern const auto launches_f16 = instances(kernels::kernels_of<kernels::f16>());
extern const auto launches_bf16 = instances(kernels::kernels_of<kernels::bf16>());
extern const auto launches_f8e4m3 = instances(kernels::kernels_of<kernels::f8e4m3>());
extern const auto launches_of_any = instances(kernels::kernels_of_any());

}  // namespace cuda
}  // namespace cellard::gpu
