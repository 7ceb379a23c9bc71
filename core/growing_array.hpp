// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// An array that grows in place: one reservation of address space for the largest size it may ever
// have, made accessible from the front in steps of 256 KiB. Elements never move, so growing costs
// no copy and no pause, and only pages that were touched are resident. For the daemon's big dense
// tables (granules, index nodes), whose final size is known but seldom reached.
//
// Owns its memory. Not synchronised: one thread at a time, like std::vector; a reader on another
// thread may keep a pointer to an element, because growth moves nothing. Elements that appear by
// `resize` are all zero bytes; T has to be trivially copyable.
#pragma once

#include <cassert>
#include <cstddef>
#include <limits>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

namespace cellard::core {

/// The untyped part: a reservation of which a prefix is accessible. Bytes that become accessible
/// are zero.
class growing_memory {
public:
  /// Accessible bytes grow by at least this much: a page table's worth of change is not made for
  /// each element.
  static constexpr std::size_t step_bytes = std::size_t{256} * 1024;

  /// Reserves address space for `max_bytes`; no memory yet.
  /// @throws std::bad_alloc when the kernel refuses the reservation (RLIMIT_AS, or more than the
  /// address space holds)
  explicit growing_memory(std::size_t max_bytes);
  growing_memory(growing_memory&& other) noexcept;
  growing_memory& operator=(growing_memory&& other) noexcept;
  growing_memory(const growing_memory&) = delete;
  growing_memory& operator=(const growing_memory&) = delete;
  ~growing_memory();

  /// Makes at least the first `bytes` accessible. False, and nothing changed, when that is more
  /// than was reserved or when the kernel refuses (ENOMEM: RLIMIT_DATA, the overcommit limit, or
  /// vm.max_map_count).
  [[nodiscard]] bool make_accessible(std::size_t bytes) noexcept;

  /// Makes [from, to) zero again and gives whole pages back to the kernel.
  /// @pre to <= accessible()
  void discard(std::size_t from, std::size_t to) noexcept;

  [[nodiscard]] std::byte* data() const noexcept { return data_; }
  [[nodiscard]] std::size_t accessible() const noexcept { return accessible_; }

private:
  void unmap() noexcept;

  std::byte* data_ = nullptr;
  std::size_t reserved_ = 0;
  std::size_t accessible_ = 0;
};

template <class T>
class growing_array {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

public:
  /// Room for `max_size` elements, none there yet.
  /// @throws std::bad_alloc as growing_memory does, also when max_size elements do not fit a size_t
  explicit growing_array(std::size_t max_size)
    : memory_(max_size <= most ? max_size * sizeof(T) : std::numeric_limits<std::size_t>::max()),
      max_size_(max_size) {}

  // A moved-from array is empty and cannot grow.
  growing_array(growing_array&& other) noexcept
    : memory_(std::move(other.memory_)),
      size_(std::exchange(other.size_, 0)),
      max_size_(std::exchange(other.max_size_, 0)) {}
  growing_array& operator=(growing_array&& other) noexcept {
    memory_ = std::move(other.memory_);
    size_ = std::exchange(other.size_, 0);
    max_size_ = std::exchange(other.max_size_, 0);
    return *this;
  }
  growing_array(const growing_array&) = delete;
  growing_array& operator=(const growing_array&) = delete;
  ~growing_array() = default;

  /// New elements are zero bytes. Shrinking returns whole pages. False, and nothing changed, above
  /// max_size or when memory is refused.
  [[nodiscard]] bool try_resize(std::size_t size) noexcept {
    if (size > max_size_ || !memory_.make_accessible(size * sizeof(T))) {
      return false;
    }
    if (size < size_) {
      memory_.discard(size * sizeof(T), size_ * sizeof(T));
    }
    size_ = size;
    return true;
  }

  /// As try_resize. @throws std::bad_alloc where that returns false; nothing changed
  void resize(std::size_t size) {
    if (!try_resize(size)) {
      throw std::bad_alloc();
    }
  }

  /// @throws std::bad_alloc at max_size or when memory is refused; nothing changed
  void push_back(const T& value) {
    const T copy = value;  // `value` may be an element
    resize(size_ + 1);
    data()[size_ - 1] = copy;
  }

  [[nodiscard]] T& operator[](std::size_t index) noexcept {
    assert(index < size_);
    return data()[index];
  }
  [[nodiscard]] const T& operator[](std::size_t index) const noexcept {
    assert(index < size_);
    return data()[index];
  }

  [[nodiscard]] T* data() noexcept { return reinterpret_cast<T*>(memory_.data()); }
  [[nodiscard]] const T* data() const noexcept {
    return reinterpret_cast<const T*>(memory_.data());
  }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t max_size() const noexcept { return max_size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] std::span<T> all() noexcept { return {data(), size_}; }
  [[nodiscard]] std::span<const T> all() const noexcept { return {data(), size_}; }

private:
  static constexpr std::size_t most = std::numeric_limits<std::size_t>::max() / sizeof(T);

  growing_memory memory_;
  std::size_t size_ = 0;
  std::size_t max_size_ = 0;
};

}  // namespace cellard::core
