// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// One shared mapping of a memfd that the daemon passed. Before mapping, its size and its seal
// against shrinking are checked: bytes that could be cut off would end the reader with SIGBUS. Not
// inherited by fork and not written to core dumps.
#pragma once

#include "client/src/descriptor.hpp"
#include "core/result.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>

namespace cellard::library {

class mapping {
public:
  enum class access { read_only, read_write };

  /// errc::bad_frame: the descriptor is not a sealed memfd of at least `bytes`.
  /// errc::out_of_memory: the kernel does not map it.
  static core::result<std::shared_ptr<const mapping>> make(const descriptor& memfd,
                                                           std::uint64_t bytes, access mode);

  mapping(std::byte* data, std::size_t size) noexcept;
  mapping(const mapping&) = delete;
  mapping& operator=(const mapping&) = delete;
  ~mapping();

  /// Writable memory only when mapped read_write.
  [[nodiscard]] std::byte* data() const noexcept { return data_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

private:
  std::byte* data_;
  std::size_t size_;
  std::uint32_t forks_;  ///< the mapping exists only in the process that made it
};

}  // namespace cellard::library
