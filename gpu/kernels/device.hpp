// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The words a kernel may use, and the one place that knows who compiles it: nvcc, or g++ and clang
// with gpu/emulated. Kernels include this and nothing else of CUDA's.
#pragma once

#ifdef __CUDACC__
#  include <cuda_bf16.h>
#  include <cuda_fp16.h>
#  include <cuda_fp8.h>
#else
#  include "gpu/emulated/intrinsics.hpp"
#  include "gpu/numbers.hpp"
#endif

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace cellard::gpu::kernels {

/// The block's shared memory. Always one struct, the launch takes its size.
template <class Layout>
__device__ __forceinline__ Layout& shared() {
#ifdef __CUDACC__
  extern __shared__ __align__(128) unsigned char memory[];
  return *reinterpret_cast<Layout*>(memory);
#else
  return *reinterpret_cast<Layout*>(emulated::shared_memory());
#endif
}

/// A value at any address.
template <class T>
__device__ __forceinline__ T load(const std::byte* from) {
  T value;
  memcpy(&value, from, sizeof value);
  return value;
}

template <class T>
__device__ __forceinline__ void store(std::byte* to, T value) {
  memcpy(to, &value, sizeof value);
}

// Element types travel as bits; these are the only conversions there are.

struct f32 {
  using bits = std::uint32_t;
  static constexpr bits exponent = 0x7f800000U;  ///< all set: infinite, or not a number
  static __device__ float widen(bits value) { return __uint_as_float(value); }
  static __device__ bits narrow(float value) { return __float_as_uint(value); }
};

struct f16 {
  using bits = std::uint16_t;
  static constexpr bits exponent = 0x7c00U;
#ifdef __CUDACC__
  static __device__ float widen(bits value) {
    return __half2float(__ushort_as_half(value));
  }
  static __device__ bits narrow(float value) {
    return __half_as_ushort(__float2half_rn(value));
  }
  static __device__ bits up(float value) {
    return __half_as_ushort(__float2half_ru(value));
  }
  static __device__ bits down(float value) {
    return __half_as_ushort(__float2half_rd(value));
  }
#else
  static float widen(bits value) {
    return f16_to_float(value);
  }
  static bits narrow(float value) {
    return float_to_f16(value);
  }
  static bits up(float value) {
    return float_to_f16_up(value);
  }
  static bits down(float value) {
    return float_to_f16_down(value);
  }
#endif
};

struct bf16 {
  using bits = std::uint16_t;
  static constexpr bits exponent = 0x7f80U;
#ifdef __CUDACC__
  static __device__ float widen(bits value) {
    return __bfloat162float(__ushort_as_bfloat16(value));
  }
  static __device__ bits narrow(float value) {
    return __bfloat16_as_ushort(__float2bfloat16_rn(value));
  }
#else
  static float widen(bits value) {
    return bf16_to_float(value);
  }
  static bits narrow(float value) {
    return float_to_bf16(value);
  }
#endif
};

struct f8e4m3 {
  using bits = std::uint8_t;
  static constexpr bits exponent = 0x7fU;  ///< the one that is not a number
#ifdef __CUDACC__
  static __device__ float widen(bits value) {
    return __half2float(__half(__nv_cvt_fp8_to_halfraw(value, __NV_E4M3)));
  }
  static __device__ bits narrow(float value) {
    return __nv_cvt_float_to_fp8(value, __NV_SATFINITE, __NV_E4M3);
  }
#else
  static float widen(bits value) {
    return f8e4m3_to_float(value);
  }
  static bits narrow(float value) {
    return float_to_f8e4m3(value);
  }
#endif
};

}  // namespace cellard::gpu::kernels
