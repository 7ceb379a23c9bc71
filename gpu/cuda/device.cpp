// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "gpu/cuda/device.hpp"

#include "gpu/cuda/queue.hpp"

#include <array>

namespace cellard::gpu::cuda {
namespace {

std::string text_of(cudaError_t code) {
  return fmt::format("{} ({})", cudaGetErrorString(code), cudaGetErrorName(code));
}

class cuda_stream final : public gpu::stream {
public:
  cuda_stream(std::string device, int ordinal, cudaStream_t handle)
    : device_(std::move(device)),
      ordinal_(ordinal),
      queue_{handle} {}
  cuda_stream(const cuda_stream&) = delete;
  cuda_stream& operator=(const cuda_stream&) = delete;

  ~cuda_stream() override {
    static_cast<void>(wait());
    for (const auto& each : memory_) {
      static_cast<void>(cudaFree(each.data));  // null is fine, and a driver that is gone too
    }
    static_cast<void>(cudaStreamDestroy(queue_.handle));
  }

  core::result<std::byte*> take(std::size_t slot, std::size_t bytes) override {
    auto& at = memory_.at(slot);
    if (at.bytes < bytes) {
      static_cast<void>(cudaFree(at.data));
      at = {};
      if (const auto code = allocate(at, bytes); code != cudaSuccess) {
        static_cast<void>(cudaGetLastError());  // no other call is to meet it
        return core::fail(core::errc::out_of_memory, "{} has no memory for {} bytes: {}", device_,
                          bytes, text_of(code));
      }
    }
    return static_cast<std::byte*>(at.data);
  }

  void copy(void* to, const void* from, std::size_t bytes) override {
    queue_.note(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDefault, queue_.handle));
  }
  void zero(void* to, std::size_t bytes) override {
    queue_.note(cudaMemsetAsync(to, 0, bytes, queue_.handle));
  }
  core::result<core::ok_t> wait() override {
    queue_.note(cudaStreamSynchronize(queue_.handle));
    if (queue_.failed != cudaSuccess) {
      static_cast<void>(cudaGetLastError());
      return core::fail(core::errc::io_error, "{} has failed: {}", device_, text_of(queue_.failed));
    }
    return core::ok_t{};
  }

  [[nodiscard]] queue& own_queue() noexcept { return queue_; }

private:
  struct buffer {
    void* data = nullptr;
    std::size_t bytes = 0;
  };

  cudaError_t allocate(buffer& at, std::size_t bytes) const {
    if (const auto code = cudaSetDevice(ordinal_); code != cudaSuccess) {
      return code;
    }
    const auto code = cudaMalloc(&at.data, bytes);
    at.bytes = code == cudaSuccess ? bytes : 0;
    return code;
  }

  std::string device_;
  int ordinal_;
  queue queue_;
  std::array<buffer, slots> memory_;
};

class cuda_device final : public gpu::device {
public:
  cuda_device(int ordinal, std::string name) : ordinal_(ordinal), name_(std::move(name)) {}

  [[nodiscard]] const std::string& name() const noexcept override { return name_; }

  core::result<std::unique_ptr<gpu::stream>> open() override {
    cudaStream_t handle = nullptr;
    auto code = cudaSetDevice(ordinal_);  // of the calling thread
    if (code == cudaSuccess) {
      code = cudaStreamCreateWithFlags(&handle, cudaStreamNonBlocking);
    }
    if (code != cudaSuccess) {
      static_cast<void>(cudaGetLastError());
      return core::fail(core::errc::io_error, "{}: no stream: {}", name_, text_of(code));
    }
    return std::unique_ptr<gpu::stream>(std::make_unique<cuda_stream>(name_, ordinal_, handle));
  }

private:
  int ordinal_;
  std::string name_;
};

}  // namespace

queue& queue_of(stream& on) noexcept {
  return static_cast<cuda_stream&>(on).own_queue();
}

core::result<std::shared_ptr<gpu::device>> open_device(int ordinal) {
  cudaDeviceProp properties{};
  if (const auto code = cudaGetDeviceProperties(&properties, ordinal); code != cudaSuccess) {
    static_cast<void>(cudaGetLastError());
    return core::fail(core::errc::unavailable,
                      "no CUDA device {}: {}; see what nvidia-smi shows, and that /dev/nvidia* may "
                      "be opened",
                      ordinal, text_of(code));
  }
  return std::shared_ptr<gpu::device>(
    std::make_shared<cuda_device>(ordinal, fmt::format("cuda {}", properties.name)));
}

}  // namespace cellard::gpu::cuda
