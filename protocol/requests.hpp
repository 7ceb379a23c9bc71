// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The bodies of all requests, as structs, and both directions between them and bytes. Spans and
// string views in a decoded request refer to the frame, which must outlive it. Decoding checks
// everything that can be checked without the daemon's state: lengths, counts, ranges, and
// that names can be printed; reserved fields are ignored. docs/protocol.md describes each body.
#pragma once

#include "core/block_key.hpp"
#include "core/layout.hpp"
#include "core/result.hpp"
#include "protocol/frame.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

namespace cellard::protocol {

/// First request of a connection. Answered by hello_reply.
struct hello_request {
  std::uint16_t version_min = protocol::version_min;
  std::uint16_t version_max = protocol::version_max;
  std::uint64_t features = 0;    ///< bits of `feature` that the client knows
  std::string_view client_name;  ///< for listings, at most 64 bytes
};

/// Opens (and at first creates) a namespace. Answered by open_reply, with the layout when
/// `existing`: then the one given here does not count, and nothing is created.
struct open_request {
  std::string_view name;
  std::uint32_t kv_group = 0;
  std::uint16_t part = 0;  ///< this process's part, 0 to layout.parts - 1
  core::layout layout;
  std::string_view salt;         ///< default salt of this session in this namespace
  std::uint64_t max_age_ms = 0;  ///< blocks older than this are dropped; 0 = never
  bool existing = false;         ///< feature_existing
};

struct close_request {
  std::uint32_t space = 0;
};

/// Registers a further salt. Answered by salt_reply.
struct salt_request {
  std::uint32_t space = 0;
  std::string_view salt;
};

/// The body of all requests about a chain of keys: lookup, get, touch, prefetch, remove, pin,
/// unpin.
struct chain_request {
  opcode op = opcode::lookup;
  std::uint32_t space = 0;
  std::uint16_t salt = 0;      ///< handle from salt_reply; 0 = the default of open
  std::uint32_t flags = 0;     ///< chain_flags
  std::uint32_t argument = 0;  ///< pin: for how long, in ms
  core::key_span keys;
};

enum chain_flags : std::uint32_t {
  scrub = 1,  ///< remove: overwrite the bytes, too; feature_scrub
};

struct release_request {};

/// Asks for a staging area of at least `bytes`: a memfd that only this session and the daemon map.
/// The CLIENT decides which bytes of it hold which block; the daemon checks that offsets and
/// lengths lie inside. Answered by stage_reply with the descriptor; a second stage replaces the
/// area (commits in flight keep the old one alive).
struct stage_request {
  std::uint64_t bytes = 0;
  std::uint64_t least = 0;  ///< not 0: an area of so many will do (feature_least)
};

struct put_entry {
  core::block_key key;
  std::uint64_t offset = 0;  ///< in the staging area
  std::uint32_t length = 0;
  std::uint32_t reserved = 0;
};
static_assert(sizeof(put_entry) == 48);

/// Reserve and commit in one request, for blocks that are in the staging area already: the common
/// way to put. Each key's parent is the one before it. Answered by status_list_reply: ok, exists,
/// pending, no_parent, busy or limit_reached for each.
struct put_request {
  std::uint32_t space = 0;
  std::uint16_t salt = 0;
  std::optional<core::block_key> parent;  ///< of the first key; none = the first key is a root
  std::vector<put_entry> entries;
};

/// Asks for the right to write keys, before their bytes are computed or copied. Each key's parent
/// is the one before it. Answered by reserve_reply.
struct reserve_request {
  std::uint32_t space = 0;
  std::uint16_t salt = 0;
  std::optional<core::block_key> parent;  ///< of the first key; none = the first key is a root
  core::key_span keys;
};

struct commit_entry {
  std::uint32_t ticket = 0;
  std::uint32_t length = 0;  ///< bytes written
  std::uint64_t offset = 0;  ///< in the staging area
};
static_assert(sizeof(commit_entry) == 16);

/// The blocks of these tickets lie in the staging area. Answered by status_list_reply.
struct commit_request {
  std::uint32_t space = 0;
  std::vector<commit_entry> entries;
};

struct abort_request {
  std::uint32_t space = 0;
  std::vector<std::uint32_t> tickets;
};

/// A piece of a block through the socket into the staging area, for clients without shared memory.
/// Answered by count_reply (bytes).
struct write_request {
  std::uint64_t offset = 0;  ///< in the staging area
  bytes_view bytes;
};

/// Answered by read_reply. `generation` 0 = any; later pieces give the one of the first reply.
struct read_request {
  std::uint32_t space = 0;
  std::uint16_t salt = 0;
  std::uint32_t generation = 0;
  std::uint32_t length = 0;
  std::uint64_t offset = 0;
  core::block_key key;
};

struct list_request {
  std::uint32_t space = 0;
  std::uint32_t limit = 0;
  std::uint64_t cursor = 0;
};

/// The reader found that bytes do not match the checksum. The daemon verifies before it drops the
/// block.
struct corrupt_request {
  std::uint32_t space = 0;
  std::uint16_t salt = 0;
  core::block_key key;
};

/// Requests without a body of their own: stats, health, namespaces, sessions, config, reload,
/// drain, clear. `all` asks for every tenant's numbers and is for the owner and root.
struct admin_request {
  opcode op = opcode::health;
  bool all = false;
};

/// Deletes a namespace of the caller's tenant that no session has open.
struct forget_request {
  std::string_view name;
  std::uint32_t kv_group = 0;
};

/// What was counted over the last `window_seconds`: of everything (`all`) or of the caller's
/// tenant, of one tenant (with `all`), or of one namespace. Answered by text_reply;
/// feature_history.
struct history_request {
  bool all = false;
  std::uint32_t window_seconds = 3600;  ///< 1 to max_window_seconds
  std::uint32_t points = 0;             ///< most of a series, up to max_points; 0 = no series
  std::uint32_t kv_group = 0;
  std::string_view space;   ///< empty = not of one namespace
  std::string_view tenant;  ///< empty = not of one tenant
};
inline constexpr std::uint32_t max_window_seconds = 7 * 24 * 3600;
inline constexpr std::uint32_t max_points = 240;

/// What part of the blocks that get asks for would be found with other amounts of memory; of whom,
/// as in history. Answered by text_reply; feature_forecast.
struct forecast_request {
  bool all = false;
  std::uint32_t kv_group = 0;
  std::vector<std::uint64_t> sizes;  ///< of the daemon's memory, up to max_sizes; none: its own ten
  std::string_view space;            ///< empty = not of one namespace
  std::string_view tenant;           ///< empty = not of one tenant
};
inline constexpr std::uint32_t max_sizes = 64;

using request =
  std::variant<hello_request, open_request, close_request, salt_request, chain_request,
               release_request, reserve_request, commit_request, abort_request, write_request,
               read_request, list_request, corrupt_request, admin_request, forget_request,
               stage_request, put_request, history_request, forecast_request>;

/// errc::unknown_opcode, errc::bad_frame (lengths) or errc::invalid_argument (values).
core::result<request> decode(const request_frame& frame);

/// Appends header, releases and body. `header.op` and `header.releases` are set from the arguments.
void encode(writer& out, request_header header, std::span<const std::uint64_t> releases,
            const request& body);

}  // namespace cellard::protocol
