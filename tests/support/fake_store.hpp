// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The blocks of a fake daemon: one segment, a real sealed memfd with slot headers, in which each
// key has a slot. Single-threaded; the fake daemon's mutex guards it.
#pragma once

#include "core/block_key.hpp"
#include "protocol/replies.hpp"
#include "protocol/slot_header.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

namespace cellard::testing {

/// A memfd of this size, sealed unless said otherwise, mapped here.
class sealed_memory {
public:
  explicit sealed_memory(std::size_t size, bool sealed = true);
  sealed_memory(const sealed_memory&) = delete;
  sealed_memory& operator=(const sealed_memory&) = delete;
  ~sealed_memory();

  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
  [[nodiscard]] std::span<std::byte> bytes() const noexcept { return {data_, size_}; }

private:
  int descriptor_;
  std::byte* data_;
  std::size_t size_;
};

class fake_store {
public:
  static constexpr std::uint32_t slots = 64;
  static constexpr std::uint32_t segment = 7;

  explicit fake_store(std::uint64_t block_bytes);

  /// Writes a block into the next slot; once all are used, the oldest goes.
  void put(const core::block_key& key, std::span<const std::byte> bytes);
  void remove(const core::block_key& key) { slot_of_.erase(key); }
  [[nodiscard]] bool contains(const core::block_key& key) const { return slot_of_.contains(key); }
  [[nodiscard]] std::size_t size() const noexcept { return slot_of_.size(); }

  [[nodiscard]] protocol::place place(const core::block_key& key) const;
  [[nodiscard]] std::span<std::byte> bytes(const core::block_key& key) const;
  [[nodiscard]] protocol::segment_info info() const noexcept;
  [[nodiscard]] int descriptor() const noexcept { return memory_.descriptor(); }

  /// What the daemon does before it gives the slot to another block.
  void recycle(const core::block_key& key) const;

private:
  [[nodiscard]] protocol::slot_header& header(std::uint32_t slot) const;

  std::uint64_t block_bytes_;
  sealed_memory memory_;
  std::uint32_t next_ = 0;
  std::map<core::block_key, std::uint32_t> slot_of_;
  std::map<core::block_key, protocol::place> places_;
};

}  // namespace cellard::testing
