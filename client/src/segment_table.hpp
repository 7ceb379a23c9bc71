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
};

/// Where a block lies in this process.
struct located {
  std::shared_ptr<const mapping> bytes;  ///< null as in `segment`
  const std::byte* data = nullptr;
  const protocol::slot_header* header = nullptr;
};

class segment_table {
public:
  /// Maps the new segments of a reply. errc::bad_frame when descriptors and descriptions do not fit
  /// each other.
  core::result<core::ok_t> adopt(std::span<const protocol::segment_info> infos,
                                 const std::vector<descriptor>& passed);

  /// errc::bad_frame when the place is not inside a known segment.
  [[nodiscard]] core::result<located> locate(const protocol::place& place) const;

  [[nodiscard]] std::size_t size() const noexcept { return segments_.size(); }

private:
  std::unordered_map<std::uint32_t, segment> segments_;
};

}  // namespace cellard::library
