// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The bodies of all replies. A reply whose status is not ok carries a sentence instead. Encoders
// append a whole frame to a buffer; decoders take the body and check it. docs/protocol.md describes
// each body.
#pragma once

#include "core/block_key.hpp"
#include "core/error.hpp"
#include "core/layout.hpp"
#include "core/place.hpp"
#include "core/result.hpp"
#include "protocol/frame.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cellard::protocol {

struct hello_reply {
  std::uint16_t version = version_max;
  bool shared_memory = true;   ///< false: only inline reads and writes are served to this client
  bool privileged = false;     ///< this client may send privileged requests
  std::uint64_t features = 0;  ///< those that both sides know
  std::uint64_t instance = 0;  ///< changes with every start of the daemon
  std::uint32_t pid = 0;
  std::uint32_t frame_bytes = 0;
  std::uint32_t keys = 0;      ///< in one request
  std::uint32_t requests = 0;  ///< in flight
  std::uint64_t staging_bytes = 0;
  std::uint64_t block_bytes = 0;  ///< limits.block
  std::uint32_t leases = 0;
  std::uint32_t lease_ms = 0;
  std::string server;  ///< "cellard 0.1.0"
};

struct open_reply {
  std::uint32_t space = 0;  ///< handle for this connection
  bool created = false;
  std::uint8_t verify = 0;               ///< verify_policy: when readers check payload checksums
  std::uint64_t block_bytes = 0;         ///< one raw block of one part
  std::optional<core::layout> layout{};  ///< what `existing` asked for
  std::uint64_t max_age_ms = 0;          ///< with the layout
};

enum verify_policy : std::uint8_t { verify_adopted = 0, verify_always = 1, verify_never = 2 };

struct salt_reply {
  std::uint16_t salt = 0;
};

/// Of lookup, touch and prefetch.
struct match_reply {
  std::uint32_t matched = 0;  ///< leading blocks known in any tier
  std::uint32_t ready = 0;    ///< of these, those whose bytes can be read now
  std::uint32_t loading = 0;  ///< those on their way: ask again
};

using core::place;
using core::segment_info;

struct get_reply {
  std::uint32_t matched = 0;
  std::uint32_t ready = 0;
  std::uint32_t loading = 0;
  std::uint64_t lease = 0;                 ///< 0 when nothing is leased
  std::vector<segment_info> new_segments;  ///< descriptors in the same order
  std::vector<place> places;               ///< `ready` of them
  std::vector<std::uint32_t> errors;       ///< one a place, as core::found_blocks, or none
};

struct reserve_entry {
  core::errc status = core::errc::ok;  ///< ok, exists, pending, no_parent, busy or limit_reached
  std::uint32_t ticket = 0;            ///< for commit and abort; 0 unless ok
};

struct reserve_reply {
  std::vector<reserve_entry> entries;
};

/// The staging area of this session. Its descriptor comes with this reply (none for a client that
/// is served inline only).
struct stage_reply {
  std::uint64_t bytes = 0;
};

/// Of commit and put (one status an entry).
struct status_list_reply {
  std::vector<core::errc> statuses;
};

/// Of abort, remove, pin, unpin, release, write, close: how many.
struct count_reply {
  std::uint32_t count = 0;
  std::optional<std::uint32_t> later{};  ///< of remove with scrub: blocks that are still leased
};

struct read_reply {
  std::uint32_t generation = 0;
  std::uint32_t codec = 0;
  std::uint64_t total = 0;  ///< bytes of the whole block
  std::uint64_t checksum = 0;
  bytes_view bytes;
};

struct list_entry {
  core::block_key key;
  std::uint32_t length = 0;
  std::uint32_t depth = 0;  ///< blocks before it in its chain
  std::uint16_t codec = 0;
  std::uint8_t state = 0;  ///< 0 visible, 1 being written
  std::uint8_t flags = 0;  ///< 1 leased, 2 pinned, 4 leaf
  std::uint32_t children = 0;
};
static_assert(sizeof(list_entry) == 48);

struct list_reply {
  std::uint64_t next = 0;  ///< cursor for the next page; 0 = the end
  std::vector<list_entry> entries;
};

/// Of stats, health, namespaces, sessions, config, reload, drain: UTF-8, JSON or TOML as
/// docs/protocol.md says.
struct text_reply {
  std::string text;
};

/// What every frame of a reply begins with; the encoder fills op, body_bytes and status.
struct reply_context {
  opcode op = opcode::hello;
  std::uint32_t request_id = 0;
  std::uint8_t flags = 0;
  std::uint32_t descriptors = 0;
};

void encode(writer& out, const reply_context& context, const core::error& problem);
void encode(writer& out, const reply_context& context, const hello_reply& body);
void encode(writer& out, const reply_context& context, const open_reply& body);
void encode(writer& out, const reply_context& context, const salt_reply& body);
void encode(writer& out, const reply_context& context, const match_reply& body);
void encode(writer& out, const reply_context& context, const get_reply& body);
void encode(writer& out, const reply_context& context, const reserve_reply& body);
void encode(writer& out, const reply_context& context, const stage_reply& body);
void encode(writer& out, const reply_context& context, const status_list_reply& body);
void encode(writer& out, const reply_context& context, const count_reply& body);
void encode(writer& out, const reply_context& context, const read_reply& body);
void encode(writer& out, const reply_context& context, const list_reply& body);
void encode(writer& out, const reply_context& context, const text_reply& body);

/// Decodes the body of a reply of type T; an error status becomes the error it carries,
/// errc::bad_frame says that the bytes are no such reply. Instantiated for every reply type above.
template <class T>
core::result<T> decode_reply(const reply_frame& frame);

}  // namespace cellard::protocol
