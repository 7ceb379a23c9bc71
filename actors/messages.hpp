// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The values that travel between actors, and the verbs that stand first in each message. Payload
// bytes never do: a message has keys, places and shared references to memory. All messages stay in
// the process, so none can be serialised (the unsafe-type list at the end).
//
// Answers that can fail are core::result: an error is an ordinary value here, and a caf::error
// means that the actor that was asked is gone.
#pragma once

#include "actors/inbound.hpp"
#include "config/config.hpp"
#include "core/access_batch.hpp"
#include "core/eviction_order.hpp"
#include "core/forecast.hpp"
#include "core/layout.hpp"
#include "core/place.hpp"
#include "core/result.hpp"
#include "core/shard.hpp"
#include "core/staging.hpp"
#include "protocol/requests.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/atom.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace cellard::actors {

using core::session_id;
using core::space_id;
using time_point = std::chrono::steady_clock::time_point;

/// A request about a chain, for the shard, which answers it. Those of its leases on their way back
/// that are of the same handle are the shard's to take.
struct chain_call {
  inbound_ptr from;
  core::requester who;
  std::uint16_t salt = 0;

  [[nodiscard]] const protocol::chain_request& request() const {
    return std::get<protocol::chain_request>(from->body);
  }
};

/// reserve, put or commit; `staging` is where offsets point to.
struct write_call {
  inbound_ptr from;
  core::requester who;
  std::uint16_t salt = 0;
  core::staging_ptr staging;
};

/// All segments of a namespace at one moment, so that a session can send descriptors without asking
/// again.
struct segment_entry {
  core::segment_info info;
  std::shared_ptr<core::segment> memory;
};
using segment_list = std::shared_ptr<const std::vector<segment_entry>>;

/// A block's bytes for an inline read: the reader copies and then compares the generation.
struct read_answer {
  core::place where;
  segment_list segments;
};

struct list_page {
  std::uint64_t next = 0;
  std::vector<core::listed_block> blocks;
};

/// Copy `length` bytes and answer their checksum. Both memories live as long as the job.
struct copy_job {
  const std::byte* from = nullptr;
  std::byte* to = nullptr;
  std::uint32_t length = 0;
};
struct copy_batch {
  std::vector<copy_job> jobs;
  std::uint64_t bytes = 0;
  std::shared_ptr<const void> source;
  std::vector<std::shared_ptr<core::segment>> targets;
};

/// Encode one block's bytes, which nobody changes. They live as long as the job.
struct encode_job {
  std::string scheme;  ///< of gpu/scheme.hpp
  core::layout shape;
  std::uint64_t first_token = 0;
  std::uint16_t codec = 0;  ///< of the bytes as they are; 0 = raw
  std::span<const std::byte> bytes;
  std::shared_ptr<core::segment> source;
};
struct encoded_block {
  std::shared_ptr<const std::vector<std::byte>> bytes;
  std::uint16_t codec = 0;        ///< core::codec::number
  std::uint32_t error_bound = 0;  ///< as slot_header has it
};

/// Handles of a connection begin at 1.
inline constexpr std::uint32_t every_handle = 0;

/// Who a namespace belongs to and what it is.
struct space_description {
  space_id id = 0;
  std::string tenant;  ///< "listener:uid"
  std::string name;
  std::uint32_t kv_group = 0;
  core::layout shape;
  std::shared_ptr<core::shard_counters> counters;
};

/// What the kernel and the handshake say about a client.
struct session_description {
  session_id id = 0;
  std::string tenant;
  std::uint32_t uid = 0;
  std::uint32_t pid = 0;
  bool privileged = false;    ///< the daemon's own user or root
  bool shared_memory = true;  ///< may map segments
  std::string client_name;
};

using chain_atom = caf::atom_constant<caf::atom("chain")>;
using release_atom = caf::atom_constant<caf::atom("release")>;
using revoke_atom = caf::atom_constant<caf::atom("revoke")>;
using reserve_atom = caf::atom_constant<caf::atom("reserve")>;
using put_atom = caf::atom_constant<caf::atom("put")>;
using commit_atom = caf::atom_constant<caf::atom("commit")>;
using abort_atom = caf::atom_constant<caf::atom("abort")>;
using read_atom = caf::atom_constant<caf::atom("read")>;
using list_atom = caf::atom_constant<caf::atom("list")>;
using salt_atom = caf::atom_constant<caf::atom("salt")>;
using scrub_atom = caf::atom_constant<caf::atom("scrub")>;
using corrupt_atom = caf::atom_constant<caf::atom("corrupt")>;
using leave_atom = caf::atom_constant<caf::atom("leave")>;
using clear_atom = caf::atom_constant<caf::atom("clear")>;
using tick_atom = caf::atom_constant<caf::atom("tick")>;
using apply_atom = caf::atom_constant<caf::atom("apply")>;
using grant_atom = caf::atom_constant<caf::atom("grant")>;
using segment_atom = caf::atom_constant<caf::atom("segment")>;
using denied_atom = caf::atom_constant<caf::atom("denied")>;
using retire_atom = caf::atom_constant<caf::atom("retire")>;
using room_atom = caf::atom_constant<caf::atom("room")>;
using freed_atom = caf::atom_constant<caf::atom("freed")>;
using stage_atom = caf::atom_constant<caf::atom("stage")>;
using forecast_atom = caf::atom_constant<caf::atom("forecast")>;
using record_atom = caf::atom_constant<caf::atom("record")>;
using choose_atom = caf::atom_constant<caf::atom("choose")>;
using refused_atom = caf::atom_constant<caf::atom("refused")>;
using forget_atom = caf::atom_constant<caf::atom("forget")>;
using copy_atom = caf::atom_constant<caf::atom("copy")>;
using encode_atom = caf::atom_constant<caf::atom("encode")>;
using populate_atom = caf::atom_constant<caf::atom("populate")>;
using punch_atom = caf::atom_constant<caf::atom("punch")>;
using open_atom = caf::atom_constant<caf::atom("open")>;
using join_atom = caf::atom_constant<caf::atom("join")>;
using text_atom = caf::atom_constant<caf::atom("text")>;
using request_atom = caf::atom_constant<caf::atom("request")>;
using slow_atom = caf::atom_constant<caf::atom("slow")>;
using closed_atom = caf::atom_constant<caf::atom("closed")>;
using reload_atom = caf::atom_constant<caf::atom("reload")>;
using drain_atom = caf::atom_constant<caf::atom("drain")>;
using stop_atom = caf::atom_constant<caf::atom("stop")>;

}  // namespace cellard::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cellard::actors::inbound_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cellard::actors::chain_call)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cellard::actors::write_call)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cellard::actors::list_page)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cellard::actors::copy_batch)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cellard::actors::encode_job)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cellard::actors::space_description)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cellard::actors::session_description)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cellard::core::removal)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cellard::core::access_batch)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::vector<cellard::core::space_forecast>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cellard::core::staging_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cellard::config::snapshot)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::shared_ptr<cellard::core::segment>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::vector<cellard::core::block_name>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cellard::core::ladder)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cellard::core::choice)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::vector<cellard::core::scrub_job>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::vector<cellard::core::reservation>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::vector<cellard::core::errc>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cellard::core::result<cellard::actors::read_answer>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cellard::core::result<cellard::actors::encoded_block>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cellard::core::result<std::uint16_t>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cellard::core::result<std::uint32_t>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cellard::core::result<cellard::core::staging_ptr>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cellard::core::result<std::string>)
