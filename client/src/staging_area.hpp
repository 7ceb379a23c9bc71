// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The memory of one connection in which blocks wait for the daemon to copy them. The daemon gives
// it as a whole; which bytes hold which block is decided here, in granules of 4 KiB, next fit.
// Ranges are taken under the client's mutex and given back by any thread without it.
#pragma once

#include "client/src/mapping.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

namespace cellard::library {

class staging_area {
public:
  static constexpr std::uint64_t granule = 4096;

  /// What a block of this length takes.
  static constexpr std::uint64_t rounded(std::uint64_t length) noexcept {
    return (length + granule - 1) / granule * granule;
  }

  /// `bytes` null: the area is only the daemon's, and is written through the socket.
  staging_area(std::uint64_t size, std::shared_ptr<const mapping> bytes);

  /// Where `length` free bytes begin; `none` when there are not as many in one piece.
  static constexpr std::uint64_t none = UINT64_MAX;
  std::uint64_t take(std::uint64_t length) noexcept;

  /// Any thread. @pre take returned `offset` for this length
  void give(std::uint64_t offset, std::uint64_t length) noexcept;

  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  [[nodiscard]] bool in_use() const noexcept {
    return ranges_.load(std::memory_order_acquire) != 0;
  }
  [[nodiscard]] bool mapped() const noexcept { return bytes_ != nullptr; }
  /// @pre mapped()
  [[nodiscard]] std::byte* at(std::uint64_t offset) const noexcept {
    return bytes_->data() + offset;
  }

private:
  [[nodiscard]] std::uint64_t find(std::size_t from, std::size_t last,
                                   std::size_t count) const noexcept;
  [[nodiscard]] std::size_t free_run(std::size_t from, std::size_t count) const noexcept;

  std::uint64_t size_;
  std::shared_ptr<const mapping> bytes_;
  std::vector<std::atomic<bool>> taken_;  ///< one a granule
  std::size_t cursor_ = 0;
  std::atomic<std::size_t> ranges_{0};
};

/// One block's place in the area, or private memory for an area that is not mapped.
class staging_range {
public:
  /// False: no room.
  static bool take(const std::shared_ptr<staging_area>& area, std::uint64_t length,
                   std::vector<staging_range>& into);

  staging_range(staging_range&& other) noexcept = default;
  staging_range(const staging_range&) = delete;
  staging_range& operator=(const staging_range&) = delete;
  staging_range& operator=(staging_range&&) = delete;
  ~staging_range() {
    if (area_ != nullptr) {
      area_->give(offset_, length_);
    }
  }

  [[nodiscard]] std::byte* data() noexcept {
    return is_inline() ? own_.data() : area_->at(offset_);
  }
  [[nodiscard]] std::uint64_t offset() const noexcept { return offset_; }
  [[nodiscard]] std::uint64_t length() const noexcept { return length_; }
  /// True when the bytes have to travel through the socket.
  [[nodiscard]] bool is_inline() const noexcept { return !own_.empty(); }

private:
  staging_range(std::shared_ptr<staging_area> area, std::uint64_t offset, std::uint64_t length)
    : area_(std::move(area)),
      offset_(offset),
      length_(length),
      own_(area_->mapped() ? 0 : length) {}

  std::shared_ptr<staging_area> area_;
  std::uint64_t offset_;
  std::uint64_t length_;
  std::vector<std::byte> own_;  ///< private memory, when the area is not mapped
};

}  // namespace cellard::library
