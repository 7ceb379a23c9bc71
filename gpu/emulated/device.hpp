// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// A device whose kernels run on the CPU. Nothing that is queued happens before somebody waits, so
// host memory that is used too early or given up too early shows. Memory is exact in size and full
// of poison.
#pragma once

#include "gpu/device.hpp"
#include "gpu/emulated/policy.hpp"

#include <array>
#include <atomic>
#include <functional>
#include <limits>
#include <vector>

namespace cellard::gpu::emulated {

class device final : public gpu::device {
public:
  /// Operation `failing`, counted from 0 over all streams, fails, and what it leaves behind with
  /// it.
  explicit device(const policy& how,
                  std::uint64_t failing = std::numeric_limits<std::uint64_t>::max());

  [[nodiscard]] const std::string& name() const noexcept override { return name_; }
  core::result<std::unique_ptr<gpu::stream>> open() override;

  [[nodiscard]] const policy& how() const noexcept { return how_; }
  [[nodiscard]] bool next_fails() noexcept { return operations_++ >= failing_; }
  [[nodiscard]] std::uint64_t operations() const noexcept { return operations_; }

private:
  policy how_;
  std::string name_;
  std::uint64_t failing_;
  std::atomic<std::uint64_t> operations_{0};
};

class stream final : public gpu::stream {
public:
  explicit stream(device& of) : of_(of) {}
  stream(const stream&) = delete;
  stream& operator=(const stream&) = delete;
  ~stream() override;

  core::result<std::byte*> take(std::size_t slot, std::size_t bytes) override;
  void copy(void* to, const void* from, std::size_t bytes) override;
  void zero(void* to, std::size_t bytes) override;
  core::result<core::ok_t> wait() override;

  void queue(std::function<void()> work);
  [[nodiscard]] const policy& how() const noexcept { return of_.how(); }

private:
  struct release {
    void operator()(std::byte* data) const noexcept;
  };

  device& of_;
  std::array<std::unique_ptr<std::byte, release>, slots> memory_;
  std::vector<std::function<void()>> queued_;
  bool broken_ = false;
};

}  // namespace cellard::gpu::emulated
