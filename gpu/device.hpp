// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The seam of a device: memory and work in order. gpu/cuda implements it, gpu/emulated does for
// tests. A device may be used by every thread, a stream by one at a time; a stream owns the memory
// that it gave out, and must not outlive its device.
#pragma once

#include "core/result.hpp"
#include "gpu/launch.hpp"

#include <cstddef>
#include <memory>
#include <string>

namespace cellard::gpu {

/// Copies and launches that run one after the other, some time after they were queued: memory of
/// the host must stay as it is until wait() has returned.
class stream {
public:
  static constexpr std::size_t slots = 8;

  stream() = default;
  stream(const stream&) = delete;
  stream& operator=(const stream&) = delete;
  virtual ~stream() = default;  ///< waits

  /// `bytes` bytes of device memory in buffer `slot`, aligned to 256, uninitialised. What was taken
  /// from the slot before is gone. errc::out_of_memory. @pre slot < slots; nothing that is queued
  /// uses the slot
  virtual core::result<std::byte*> take(std::size_t slot, std::size_t bytes) = 0;

  /// Either side may be the device's or the host's.
  virtual void copy(void* to, const void* from, std::size_t bytes) = 0;
  virtual void zero(void* to, std::size_t bytes) = 0;

  /// Until all that was queued is done. errc::io_error for the first of it that failed; so does
  /// every later call, since nobody knows what a broken device has done.
  virtual core::result<core::ok_t> wait() = 0;
};

class device {
public:
  device() = default;
  device(const device&) = delete;
  device& operator=(const device&) = delete;
  virtual ~device() = default;

  [[nodiscard]] virtual const std::string& name() const noexcept = 0;
  virtual core::result<std::unique_ptr<stream>> open() = 0;
};

}  // namespace cellard::gpu
