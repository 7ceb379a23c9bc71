// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// What stands in shared memory in front of a segment's data: one segment header, then a dense table
// of 128-byte slot headers. Clients map it read-only and use only `generation` and `state`; the
// daemon reads the rest when it adopts a segment after a restart.
//
// A slot's generation changes whenever the slot is given to another block and never goes back.
// Writer: state = writing, generation + 1 (release), bytes, the other fields, state = committed
// (release). Reader: load generation (acquire), compare with the answer of get, state is committed;
// copy; acquire fence; load generation again: a difference means that the copy does not count.
#pragma once

#include "core/block_key.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace cellard::core {

enum class slot_state : std::uint8_t { free = 0, writing = 1, committed = 2 };

enum slot_flags : std::uint16_t { slot_is_root = 1 };

inline constexpr std::uint8_t slot_format = 1;

struct slot_header {
  std::atomic<std::uint32_t> generation;
  std::atomic<slot_state> state;
  std::uint8_t format;
  std::uint16_t codec;
  std::uint32_t first_granule;
  std::uint32_t length;    ///< bytes as stored
  std::uint64_t checksum;  ///< XXH3-64 of these bytes
  std::uint64_t sequence;  ///< of the commit: of two slots with one key the later one counts
  block_key key;
  block_key parent;       ///< all zero for a root
  std::uint8_t salt[16];  ///< SHA-256 of the salt, truncated; zero for the empty salt
  std::uint16_t part;
  std::uint16_t flags;         ///< slot_flags
  std::uint32_t created;       ///< seconds since 2026-01-01 UTC
  std::uint32_t error_bound;   ///< of a lossy codec: two halves, K then V, as float16
  std::uint32_t header_check;  ///< low half of XXH3-64 of bytes 4 to 124
};
static_assert(sizeof(slot_header) == 128);
static_assert(std::atomic<std::uint32_t>::is_always_lock_free);

/// First page of a segment.
struct segment_header {
  static constexpr std::uint64_t expected_magic = 0x314745534C4C4543;  // "CELLSEG1"

  std::uint64_t magic;
  std::uint32_t format;
  std::uint32_t segment;  ///< id within its namespace
  std::uint32_t granule_bytes;
  std::uint32_t slots;
  std::uint64_t table_offset;
  std::uint64_t data_offset;
  std::uint64_t bytes;
  std::uint64_t layout_hash;  ///< XXH3-64 of layout, tenant, name and group
};
static_assert(sizeof(segment_header) == 56);

inline constexpr std::uint64_t segment_table_offset = 4096;

}  // namespace cellard::core
