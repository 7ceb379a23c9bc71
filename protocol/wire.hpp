// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Reading and writing of bytes. A `reader` never passes the end of its frame: the first read that
// would do so makes it `failed`, and from then on it returns zeros and empty spans, so that a
// decoder checks once, at its end. What it returns refers to the frame; the frame must outlive it.
// A `writer` appends to a buffer that its owner reuses.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

namespace cellard::protocol {

static_assert(std::endian::native == std::endian::little, "the wire is little endian");

using bytes_view = std::span<const std::byte>;

/// What may be copied to and from the wire as it lies in memory. Structs have a static_assert on
/// their size where they are defined, which proves that they have no padding.
template <class T>
concept wire_value = std::is_trivially_copyable_v<T> && !std::is_pointer_v<T>;

class reader {
public:
  explicit reader(bytes_view frame) noexcept : rest_(frame) {}

  template <wire_value T>
  T read() noexcept {
    T value{};
    if (const auto bytes = take(sizeof(T)); !bytes.empty()) {
      std::memcpy(&value, bytes.data(), sizeof(T));
    }
    return value;
  }

  /// `count` values as they lie in the frame. Only for types of alignment 1 (keys, bytes).
  template <wire_value T>
  requires(alignof(T) == 1) std::span<const T> read_span(std::size_t count)
  noexcept {
    if (failed_ || count > rest_.size() / sizeof(T)) {
      failed_ = true;
      return {};
    }
    const auto bytes = take(count * sizeof(T));
    return {reinterpret_cast<const T*>(bytes.data()), count};
  }

  /// `count` values, copied.
  template <wire_value T>
  std::vector<T> read_vector(std::size_t count) {
    if (failed_ || count > rest_.size() / sizeof(T)) {
      failed_ = true;
      return {};
    }
    std::vector<T> values(count);
    if (count > 0) {
      std::memcpy(values.data(), take(count * sizeof(T)).data(), count * sizeof(T));
    }
    return values;
  }

  std::string_view read_text(std::size_t count) noexcept {
    const auto bytes = take(count);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

  bytes_view take(std::size_t count) noexcept {
    if (failed_ || count > rest_.size()) {
      failed_ = true;
      return {};
    }
    const auto bytes = rest_.first(count);
    rest_ = rest_.subspan(count);
    return bytes;
  }

  /// What was read makes no sense: the same as bytes that are missing.
  void refuse() noexcept { failed_ = true; }

  [[nodiscard]] bool failed() const noexcept { return failed_; }
  [[nodiscard]] std::size_t left() const noexcept { return failed_ ? 0 : rest_.size(); }

private:
  bytes_view rest_;
  bool failed_ = false;
};

class writer {
public:
  explicit writer(std::vector<std::byte>& buffer) noexcept : buffer_(&buffer) {}

  template <wire_value T>
  void write(const T& value) {
    append(&value, sizeof(T));
  }

  template <wire_value T>
  void write_span(std::span<const T> values) {
    append(values.data(), values.size_bytes());
  }

  void write_text(std::string_view text) { append(text.data(), text.size()); }

  void pad_to(std::size_t alignment) {
    buffer_->resize((buffer_->size() + alignment - 1) / alignment * alignment);
  }

  /// Overwrites what was written at `position`.
  template <wire_value T>
  void patch(std::size_t position, const T& value) noexcept {
    std::memcpy(buffer_->data() + position, &value, sizeof(T));
  }

  [[nodiscard]] std::size_t size() const noexcept { return buffer_->size(); }

private:
  void append(const void* data, std::size_t size) {
    if (size > 0) {
      const auto* bytes = static_cast<const std::byte*>(data);
      buffer_->insert(buffer_->end(), bytes, bytes + size);
    }
  }

  std::vector<std::byte>* buffer_;
};

}  // namespace cellard::protocol
