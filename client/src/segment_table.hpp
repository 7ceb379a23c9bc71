// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The segments of one namespace on one connection: each is mapped read-only once, when its
// descriptor comes. Views keep the mapping they read from, so that a segment may leave the table,
// or the table the connection, while a view is in use.
#pragma once

#include "client/src/mapping.hpp"
#include "protocol/replies.hpp"
#include "protocol/slot_header.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

namespace cellard::library {

struct segment {
  protocol::segment_info info;
  std::shared_ptr<const mapping>
    bytes;  ///< null: this process could not map it, its blocks are read inline

  /// The place's bytes and header lie inside.
  [[nodiscard]] bool holds(const protocol::place& place) const noexcept {
    return place.slot < info.slots && place.offset <= info.bytes
           && place.length <= info.bytes - place.offset;
  }
  /// @pre mapped, and holds the place
  [[nodiscard]] const std::byte* data(const protocol::place& place) const noexcept {
    return bytes->data() + place.offset;
  }
  [[nodiscard]] const protocol::slot_header* header(const protocol::place& place) const noexcept {
    return reinterpret_cast<const protocol::slot_header*>(
      bytes->data() + info.table_offset + sizeof(protocol::slot_header) * place.slot);
  }
};

class segment_table {
public:
  /// Maps the new segments of a reply. errc::bad_frame when descriptors and descriptions do not fit
  /// each other.
  core::result<core::ok_t> adopt(std::span<const protocol::segment_info> infos,
                                 const std::vector<descriptor>& passed);

  /// The segment that holds the place; null when none does, and `refusal` says why.
  [[nodiscard]] const segment* find(const protocol::place& place) const;
  [[nodiscard]] core::error refusal(const protocol::place& place) const;

  [[nodiscard]] std::size_t size() const noexcept { return segments_.size(); }

private:
  using entries = std::unordered_map<std::uint32_t, segment>;

  entries segments_;
  mutable const entries::value_type* last_ = nullptr;  ///< found; most blocks follow another
};

}  // namespace cellard::library
