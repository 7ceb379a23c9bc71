// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// cellard/client.h for C++20: handles that close themselves, spans, and an exception for every
// status that is not CELLARD_OK. A miss is no exception; a daemon that is absent or slow is one
// (error::is_miss), because only the caller knows what it does then.
//
// The types are moved, not copied. Which threads may call what stands in client.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "cellard/client.h"

namespace cellard {

/// What a call that failed returned, and its sentence.
class error : public std::runtime_error {
public:
  error(int status, const char* sentence) : std::runtime_error(sentence), status_(status) {}

  [[nodiscard]] int status() const noexcept { return status_; }

  /// True when an engine goes on as if nothing had been found: the daemon is absent, slow, busy or
  /// ending.
  [[nodiscard]] bool is_miss() const noexcept {
    return status_ == CELLARD_UNAVAILABLE || status_ == CELLARD_TIMED_OUT || status_ == CELLARD_BUSY
           || status_ == CELLARD_GONE || status_ == CELLARD_SHUTTING_DOWN;
  }

private:
  int status_;
};

/// Throws unless `status` is CELLARD_OK.
inline void check(int status) {
  if (status != CELLARD_OK) {
    throw error(status, cellard_last_error());
  }
}

using key = cellard_key;

/// Keys of all full blocks of `tokens`.
inline std::vector<key> chain_keys(std::span<const std::uint32_t> tokens,
                                   std::uint32_t block_tokens,
                                   std::span<const std::byte> extra = {}) {
  std::vector<key> keys(block_tokens == 0 ? 0 : tokens.size() / block_tokens);
  check(cellard_chain_keys(tokens.data(), tokens.size(), block_tokens, extra.data(), extra.size(),
                           keys.data()));
  return keys;
}

/// Leading blocks of a chain; gives the lease back when it goes. The views' bytes count only if
/// `intact` says so after they were used.
class blocks {
public:
  explicit blocks(cellard_blocks* handle) noexcept : handle_(handle) {}

  [[nodiscard]] std::size_t size() const noexcept { return cellard_blocks_count(handle_.get()); }

  /// The bytes as they are stored: raw unless `encoded`.
  [[nodiscard]] std::span<const std::byte> operator[](std::size_t index) const {
    const auto view = at(index);
    return {static_cast<const std::byte*>(view.data), view.length};
  }

  /// The bytes of that block are not raw: `read` decodes them.
  [[nodiscard]] bool encoded(std::size_t index) const { return at(index).codec != 0; }

  /// Its codec, and how far K and V are from what was stored.
  [[nodiscard]] cellard_block_info info(std::size_t index) const {
    cellard_block_info found CELLARD_BLOCK_INFO_INIT;
    check(cellard_blocks_info(handle_.get(), index, &found));
    return found;
  }

  /// Raw bytes from `offset` on, copied or decoded. False when the block was taken back meanwhile.
  [[nodiscard]] bool read(std::size_t index, std::uint64_t offset, std::span<std::byte> out) const {
    const int status = cellard_blocks_read(handle_.get(), index, offset, out.data(), out.size());
    if (status != CELLARD_GONE) {
      check(status);
    }
    return status == CELLARD_OK;
  }

  [[nodiscard]] bool intact() const {
    const int status = cellard_blocks_check(handle_.get());
    if (status != CELLARD_GONE) {
      check(status);
    }
    return status == CELLARD_OK;
  }

private:
  [[nodiscard]] cellard_view at(std::size_t index) const {
    cellard_view view{};
    check(cellard_blocks_view(handle_.get(), index, &view));
    return view;
  }

  struct free_handle {
    void operator()(cellard_blocks* handle) const noexcept { cellard_blocks_free(handle); }
  };
  std::unique_ptr<cellard_blocks, free_handle> handle_;
};

/// Reserved keys and the memory to write them in; what is not committed is given back.
class stage {
public:
  explicit stage(cellard_stage* handle) noexcept : handle_(handle) {}

  [[nodiscard]] std::size_t size() const noexcept { return cellard_stage_count(handle_.get()); }

  /// Empty when there is nothing to write for this key.
  [[nodiscard]] std::span<std::byte> operator[](std::size_t index) const noexcept {
    void* data = nullptr;
    std::size_t length = 0;
    const int status = cellard_stage_slot(handle_.get(), index, &data, &length);
    return status == CELLARD_OK ? std::span{static_cast<std::byte*>(data), length}
                                : std::span<std::byte>{};
  }

  /// Returns one cellard_status a key.
  std::vector<int> commit() {
    std::vector<int> statuses(size());
    check(cellard_stage_commit(handle_.get(), statuses.data(), nullptr));
    return statuses;
  }

private:
  struct free_handle {
    void operator()(cellard_stage* handle) const noexcept { cellard_stage_free(handle); }
  };
  std::unique_ptr<cellard_stage, free_handle> handle_;
};

/// One namespace.
class space {
public:
  explicit space(cellard_space* handle) noexcept : handle_(handle) {}

  /// Its pointers belong to the space.
  [[nodiscard]] cellard_layout layout() const {
    cellard_layout found CELLARD_LAYOUT_INIT;
    check(cellard_space_layout(handle_.get(), &found));
    return found;
  }

  [[nodiscard]] std::uint64_t block_bytes() const noexcept {
    return cellard_block_bytes(handle_.get());
  }

  [[nodiscard]] cellard_match lookup(std::span<const key> keys) const {
    cellard_match found CELLARD_MATCH_INIT;
    check(cellard_lookup(handle_.get(), keys.data(), keys.size(), &found));
    return found;
  }

  cellard_match touch(std::span<const key> keys) const {
    cellard_match found CELLARD_MATCH_INIT;
    check(cellard_touch(handle_.get(), keys.data(), keys.size(), &found));
    return found;
  }

  [[nodiscard]] blocks get(std::span<const key> keys) const {
    cellard_blocks* found = nullptr;
    check(cellard_get(handle_.get(), keys.data(), keys.size(), &found));
    return blocks{found};
  }

  /// Returns how many leading blocks arrived whole. `buffers`: the same number of pieces for each
  /// key.
  std::size_t get_copy(std::span<const key> keys, std::span<const cellard_buffer> buffers) const {
    std::size_t copied = 0;
    check(cellard_get_copy(handle_.get(), keys.data(), keys.size(), buffers.data(),
                           keys.empty() ? 0 : buffers.size() / keys.size(), &copied));
    return copied;
  }

  /// Returns how many blocks are there now. `parent` null: the first key is a root.
  std::size_t put(const key* parent, std::span<const key> keys,
                  std::span<const cellard_const_buffer> buffers) const {
    std::size_t stored = 0;
    check(cellard_put(handle_.get(), parent, keys.data(), keys.size(), buffers.data(),
                      keys.empty() ? 0 : buffers.size() / keys.size(), nullptr, &stored));
    return stored;
  }

  [[nodiscard]] stage reserve(const key* parent, std::span<const key> keys,
                              std::span<const std::uint64_t> lengths = {}) const {
    cellard_stage* made = nullptr;
    check(cellard_reserve(handle_.get(), parent, keys.data(), keys.size(),
                          lengths.empty() ? nullptr : lengths.data(), &made));
    return stage{made};
  }

  std::uint32_t remove(std::span<const key> keys) const {
    std::uint32_t removed = 0;
    check(cellard_remove(handle_.get(), keys.data(), keys.size(), &removed));
    return removed;
  }

  /// Returns how many were removed, and how many of these keep their bytes until readers have
  /// ended.
  std::pair<std::uint32_t, std::uint32_t> scrub(std::span<const key> keys) const {
    std::uint32_t removed = 0;
    std::uint32_t later = 0;
    check(cellard_scrub(handle_.get(), keys.data(), keys.size(), &removed, &later));
    return {removed, later};
  }

  /// For what this class leaves out. Not null.
  [[nodiscard]] cellard_space* handle() const noexcept { return handle_.get(); }

private:
  struct close_handle {
    void operator()(cellard_space* handle) const noexcept { cellard_space_close(handle); }
  };
  std::unique_ptr<cellard_space, close_handle> handle_;
};

/// One connection.
class client {
public:
  explicit client(const cellard_options& options = CELLARD_OPTIONS_INIT) {
    cellard_client* made = nullptr;
    check(cellard_connect(&options, &made));
    handle_.reset(made);
  }

  [[nodiscard]] space open(const std::string& name, const cellard_layout& layout,
                           std::span<const std::byte> salt = {}) const {
    cellard_space* opened = nullptr;
    check(cellard_open(handle_.get(), name.c_str(), &layout, salt.data(), salt.size(), &opened));
    return space{opened};
  }

  [[nodiscard]] cellard_server_info server() const {
    cellard_server_info info CELLARD_SERVER_INFO_INIT;
    check(cellard_server(handle_.get(), &info));
    return info;
  }

  /// For what this class leaves out. Not null.
  [[nodiscard]] cellard_client* handle() const noexcept { return handle_.get(); }

private:
  struct close_handle {
    void operator()(cellard_client* handle) const noexcept { cellard_close(handle); }
  };
  std::unique_ptr<cellard_client, close_handle> handle_;
};

}  // namespace cellard
