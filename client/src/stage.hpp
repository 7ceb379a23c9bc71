// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The right to write some keys, and memory of the staging area to write them in. A stage belongs to
// the connection that reserved it. Not thread-safe, except that slots may be filled by several
// threads.
#pragma once

#include "client/src/inline_write.hpp"
#include "client/src/space_state.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace cellard::library {

struct stage_entry {
  core::errc status = core::errc::ok;  ///< ok: reserved, later stored
  std::uint32_t ticket = 0;
  std::size_t range = 0;  ///< index into the stage's ranges, when reserved
  std::uint64_t length = 0;
};

struct stage_request {
  std::optional<core::block_key> parent;
  core::key_span keys;
  std::span<const std::uint64_t> lengths;  ///< empty = all blocks have the layout's size
};

class stage {
public:
  explicit stage(std::shared_ptr<const space_state> space) noexcept : space_(std::move(space)) {}
  stage(const stage&) = delete;
  stage& operator=(const stage&) = delete;

  /// Gives back what was not committed.
  ~stage();

  /// Reserves all keys, in as many requests as they need, and takes room for those that were
  /// granted. Where there is none left, the key's status is busy.
  core::result<core::ok_t> reserve(const stage_request& wanted, const deadline& until);

  /// Publishes what is reserved; each entry's status becomes the daemon's answer. errc::unavailable
  /// when the connection is not the one that reserved: then the entries say so too.
  core::result<core::ok_t> commit(const deadline& until);

  [[nodiscard]] const std::vector<stage_entry>& entries() const noexcept { return entries_; }
  /// @pre the entry's status is ok and the stage is not used
  [[nodiscard]] std::byte* data(const stage_entry& entry) const noexcept {
    return (*ranges_)[entry.range].data();
  }
  [[nodiscard]] bool used() const noexcept { return used_; }
  [[nodiscard]] bool inherited() const noexcept { return space_->client->inherited(); }
  [[nodiscard]] deadline start() const { return space_->client->start(); }

private:
  core::result<core::ok_t> reserve_piece(connection& link, const stage_request& wanted,
                                         const deadline& until);
  core::result<core::ok_t> take_room(connection& link, const deadline& until);
  core::result<core::ok_t> commit_piece(connection& link, std::span<const std::size_t> indices,
                                        const deadline& until);
  void abort(connection& link, std::vector<std::uint32_t> tickets) const;
  core::result<session> enter_same(const deadline& until) const;

  std::shared_ptr<const space_state> space_;
  std::uint64_t epoch_ = 0;
  std::vector<stage_entry> entries_;
  range_list ranges_ = std::make_shared<std::vector<staging_range>>();
  bool used_ = false;
};

}  // namespace cellard::library
