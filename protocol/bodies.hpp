// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The fixed parts of bodies, byte for byte as on the wire. Only protocol/*.cpp includes this:
// everybody else sees the structs of requests.hpp and replies.hpp. `reserved` fields are written as
// zero and ignored when read.
#pragma once

#include "core/block_key.hpp"

#include <cstdint>

namespace cellard::protocol {

struct hello_body {
  char magic[8];
  std::uint16_t version_min;
  std::uint16_t version_max;
  std::uint32_t reserved;
  std::uint64_t features;
};
static_assert(sizeof(hello_body) == 24);

struct open_body {
  std::uint8_t dtype;
  std::uint8_t reserved1[3];
  std::uint32_t layers;
  std::uint32_t kv_heads;
  std::uint32_t head_dim;
  std::uint32_t v_head_dim;
  std::uint32_t block_tokens;
  std::uint64_t max_bytes;
  std::uint32_t kv_group;
  std::uint16_t parts;
  std::uint16_t part;
  std::uint64_t reserved2;
};
static_assert(sizeof(open_body) == 48);

struct rope_body {
  std::uint32_t rotary_dim;
  std::uint32_t pairing;
  std::uint32_t first_position;
  std::uint32_t frequencies;
  double theta;
  double scaling;
};
static_assert(sizeof(rope_body) == 32);

struct chain_body {
  std::uint32_t space;
  std::uint16_t salt;
  std::uint16_t keys;
  std::uint32_t flags;
  std::uint32_t argument;
};
static_assert(sizeof(chain_body) == 16);

enum reserve_flags : std::uint32_t { reserve_is_root = 1 };

/// Of reserve (then keys) and put (then put_entry).
struct reserve_body {
  std::uint32_t space;
  std::uint16_t salt;
  std::uint16_t keys;
  std::uint32_t flags;
  std::uint32_t reserved;
  core::block_key parent;
};
static_assert(sizeof(reserve_body) == 48);

struct count_body {
  std::uint32_t space;
  std::uint32_t count;
};
static_assert(sizeof(count_body) == 8);

struct write_body {
  std::uint64_t offset;
};
static_assert(sizeof(write_body) == 8);

struct read_body {
  std::uint32_t space;
  std::uint16_t salt;
  std::uint16_t reserved;
  std::uint32_t generation;
  std::uint32_t length;
  std::uint64_t offset;
  core::block_key key;
};
static_assert(sizeof(read_body) == 56);

struct corrupt_body {
  std::uint32_t space;
  std::uint16_t salt;
  std::uint16_t reserved;
  core::block_key key;
};
static_assert(sizeof(corrupt_body) == 40);

struct list_body {
  std::uint32_t space;
  std::uint32_t limit;
  std::uint64_t cursor;
};
static_assert(sizeof(list_body) == 16);

struct history_body {
  std::uint32_t all;
  std::uint32_t window_seconds;
  std::uint32_t points;
  std::uint32_t kv_group;
};
static_assert(sizeof(history_body) == 16);

struct forecast_body {
  std::uint32_t all;
  std::uint32_t kv_group;
  std::uint32_t sizes;
  std::uint32_t reserved;
};
static_assert(sizeof(forecast_body) == 16);

struct hello_reply_body {
  std::uint16_t version;
  std::uint16_t flags;
  std::uint32_t pid;
  std::uint64_t features;
  std::uint64_t instance;
  std::uint32_t frame_bytes;
  std::uint32_t keys;
  std::uint32_t requests;
  std::uint32_t leases;
  std::uint64_t staging_bytes;
  std::uint64_t block_bytes;
  std::uint32_t lease_ms;
  std::uint32_t reserved;
};
static_assert(sizeof(hello_reply_body) == 64);
enum hello_reply_flags : std::uint16_t { hello_shared_memory = 1, hello_privileged = 2 };

struct open_reply_body {
  std::uint32_t space;
  std::uint8_t created;
  std::uint8_t verify;
  std::uint16_t reserved1;
  std::uint64_t block_bytes;
  std::uint64_t reserved2;
};
static_assert(sizeof(open_reply_body) == 24);

struct match_reply_body {
  std::uint32_t matched;
  std::uint32_t ready;
  std::uint32_t loading;
  std::uint32_t reserved;
};
static_assert(sizeof(match_reply_body) == 16);

struct get_reply_body {
  std::uint32_t matched;
  std::uint32_t ready;
  std::uint32_t loading;
  std::uint32_t new_segments;
  std::uint64_t lease;
};
static_assert(sizeof(get_reply_body) == 24);

struct reserve_reply_body {
  std::uint32_t count;
  std::uint32_t reserved;
};
static_assert(sizeof(reserve_reply_body) == 8);

struct reserve_entry_body {
  std::uint8_t status;
  std::uint8_t reserved[3];
  std::uint32_t ticket;
};
static_assert(sizeof(reserve_entry_body) == 8);

struct read_reply_body {
  std::uint32_t generation;
  std::uint32_t codec;
  std::uint64_t total;
  std::uint64_t checksum;
};
static_assert(sizeof(read_reply_body) == 24);

struct list_reply_body {
  std::uint64_t next;
  std::uint32_t count;
  std::uint32_t reserved;
};
static_assert(sizeof(list_reply_body) == 16);

}  // namespace cellard::protocol
