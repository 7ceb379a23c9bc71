// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Every kernel there is, for the two libraries that define launch<Kernel>(): taking the addresses
// of its instances is what makes them.
#pragma once

#include "gpu/kernels/integer_decode.cuh"
#include "gpu/kernels/integer_encode.cuh"
#include "gpu/kernels/integer_steps.cuh"

#include <array>

namespace cellard::gpu::kernels {

template <class... Kernels>
struct kernel_list {};

template <class Type>
using kernels_of =
  kernel_list<key_steps<Type>, value_steps<Type>, integer_encode<Type, 2>, integer_encode<Type, 3>,
              integer_encode<Type, 4>, integer_encode<Type, 5>, integer_encode<Type, 6>,
              integer_encode<Type, 8>, integer_decode<Type, 2>, integer_decode<Type, 3>,
              integer_decode<Type, 4>, integer_decode<Type, 5>, integer_decode<Type, 6>,
              integer_decode<Type, 8>>;

using kernels_of_any = kernel_list<check_steps>;

using address = void (*)();

}  // namespace cellard::gpu::kernels
