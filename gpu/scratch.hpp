// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Working memory of one thread that encodes or decodes: numbered buffers that only grow, so that
// after the first block nothing is allocated. Contents are not kept from one call to the next.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <new>
#include <span>
#include <type_traits>

namespace cellard::gpu {

class scratch {
public:
  static constexpr std::size_t slots = 16;  ///< 0 to 7 are the codecs', 8 to 11 the container's
  static constexpr std::size_t outer = 12;  ///< from here on: of codecs that are made of others
  static constexpr std::align_val_t alignment{64};

  /// `count` values in buffer `slot`, 64-byte aligned, uninitialised. What was taken from the same
  /// slot before is gone. @pre slot < slots
  template <class T>
  [[nodiscard]] std::span<T> take(std::size_t slot, std::size_t count) {
    static_assert(std::is_trivially_copyable_v<T>);
    auto& from = buffers_.at(slot);
    const std::size_t bytes = count * sizeof(T);
    if (from.bytes < bytes) {
      from.data.reset();
      from.data.reset(static_cast<std::byte*>(::operator new(bytes, alignment)));
      from.bytes = bytes;
    }
    return {reinterpret_cast<T*>(from.data.get()), count};
  }

private:
  struct release {
    void operator()(std::byte* data) const noexcept { ::operator delete(data, alignment); }
  };
  struct buffer {
    std::unique_ptr<std::byte, release> data;
    std::size_t bytes = 0;
  };

  std::array<buffer, slots> buffers_;
};

}  // namespace cellard::gpu
