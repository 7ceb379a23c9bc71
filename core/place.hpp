// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Where a block is, as a value: it is sent to clients as it stands (docs/protocol.md, get), and
// later tiers add kinds of places without changing what an index node is.
#pragma once

#include <cstdint>

namespace cellard::core {

/// A block's bytes in a segment of its namespace's arena. The slot's header is at table_offset +
/// 128 * slot.
struct place {
  std::uint16_t segment = 0;
  std::uint16_t codec = 0;       ///< how the bytes are kept; 0 = raw
  std::uint32_t length = 0;      ///< bytes as stored
  std::uint64_t offset = 0;      ///< of the bytes, from the start of the segment
  std::uint32_t generation = 0;  ///< of the slot
  std::uint32_t slot = 0;
  std::uint64_t checksum = 0;  ///< XXH3-64 of the bytes as stored

  friend bool operator==(const place&, const place&) = default;
};
static_assert(sizeof(place) == 32);

/// What a lookup says. `ready` blocks can be read now, `loading` ones are on their way from another
/// tier.
struct match {
  std::uint32_t matched = 0;
  std::uint32_t ready = 0;
  std::uint32_t loading = 0;

  friend bool operator==(const match&, const match&) = default;
};

/// Names a segment to a client; its descriptor travels beside it.
struct segment_info {
  std::uint32_t segment = 0;
  std::uint32_t slots = 0;         ///< headers in the table
  std::uint64_t bytes = 0;         ///< length of the memfd
  std::uint64_t table_offset = 0;  ///< of the first slot header
};
static_assert(sizeof(segment_info) == 24);

}  // namespace cellard::core
