// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The interfaces of all actors, and nothing else: a line a message says what it asks and what it
// answers. Who owns what, and when an actor ends, is at the head of the actor's own header.
#pragma once

#include "actors/forecast_report.hpp"
#include "actors/history_report.hpp"
#include "actors/messages.hpp"
#include "actors/slow_request.hpp"

#include <caf/typed_actor.hpp>

namespace cellard::actors {

/// A copy worker (actors/worker.hpp).
using worker_actor = caf::typed_actor<
  // Copies all jobs; answers their checksums in order.
  caf::replies_to<copy_atom, copy_batch>::with<std::vector<std::uint64_t>>,
  // The checksum of `length` bytes at an offset of a segment.
  caf::replies_to<corrupt_atom, std::shared_ptr<core::segment>, std::uint64_t,
                  std::uint32_t>::with<std::uint64_t>,
  // Overwrites the bytes of removed blocks; how many.
  caf::replies_to<scrub_atom, std::vector<core::scrub_job>>::with<std::uint32_t>,
  // Makes the pages of [from, to) of a segment present; answers `to`, or `from` when the kernel has
  // no memory.
  caf::replies_to<populate_atom, std::shared_ptr<core::segment>, std::uint64_t,
                  std::uint64_t>::with<std::uint64_t>,
  // Gives the pages of a retired segment back to the kernel, whoever still maps it.
  caf::reacts_to<punch_atom, std::shared_ptr<core::segment>>>;

/// Quantizer and compressor (actors/encoder.hpp).
using encoder_actor = caf::typed_actor<
  // Encodes a block. busy (codec.queue), invalid_argument
  caf::replies_to<encode_atom, encode_job>::with<core::result<encoded_block>>,
  // INTERNAL: its rest is over.
  caf::reacts_to<tick_atom>,
  // New budget and bounds.
  caf::reacts_to<apply_atom, config::snapshot>>;

/// The order in which blocks go (actors/eviction.hpp).
using eviction_actor = caf::typed_actor<
  // What one request did. No answer.
  caf::reacts_to<record_atom, core::access_batch>,
  // Victims of a namespace that hold so many bytes, in their order, and what a ladder would keep in
  // fewer; less when there is no more.
  caf::replies_to<choose_atom, space_id, std::uint64_t, core::ladder>::with<core::choice>,
  // These were not dropped.
  caf::reacts_to<refused_atom, space_id, std::vector<core::block_name>>,
  // A namespace began.
  caf::reacts_to<join_atom, space_description>,
  // What other sizes would be worth to each namespace that has a curve.
  caf::replies_to<forecast_atom>::with<std::vector<core::space_forecast>>,
  // The namespace is gone.
  caf::reacts_to<forget_atom, space_id>,
  // Switches the strategy when it changed.
  caf::reacts_to<apply_atom, config::snapshot>>;

/// One namespace (actors/shard.hpp).
using shard_actor = caf::typed_actor<
  // lookup, get, touch, prefetch, remove, pin, unpin: answers the client itself.
  caf::reacts_to<chain_atom, chain_call>,
  // remove with scrub, answered when the bytes that nobody reads are overwritten.
  caf::replies_to<scrub_atom, chain_call>::with<core::removal>,
  // Leases that come back.
  caf::reacts_to<release_atom, session_id, std::vector<std::uint64_t>>,
  // Takes all leases of a session that was silent too long; how many there were.
  caf::replies_to<revoke_atom, session_id>::with<std::uint32_t>,
  // One reservation a key.
  caf::replies_to<reserve_atom, write_call>::with<std::vector<core::reservation>>,
  // One status an entry, when all are copied or refused.
  caf::replies_to<put_atom, write_call>::with<std::vector<core::errc>>,
  caf::replies_to<commit_atom, write_call>::with<std::vector<core::errc>>,
  // How many tickets were given back.
  caf::replies_to<abort_atom, write_call>::with<std::uint32_t>,
  // Where a block is, for an inline read. not_found, gone
  caf::replies_to<read_atom, write_call>::with<core::result<read_answer>>,
  // A page of blocks.
  caf::replies_to<list_atom, std::uint64_t, std::uint32_t>::with<list_page>,
  // A session opens the namespace under a handle: the number of its salt. limit_reached
  caf::replies_to<join_atom, session_id, std::uint32_t,
                  std::string>::with<core::result<std::uint16_t>>,
  // The number of a further salt. limit_reached
  caf::replies_to<salt_atom, std::string>::with<core::result<std::uint16_t>>,
  // A reader says that a block's bytes do not match; 1 when that is so and the block was dropped.
  caf::replies_to<corrupt_atom, write_call>::with<std::uint32_t>,
  // The session has closed a handle of the namespace, or all (every_handle), also by its end.
  caf::reacts_to<leave_atom, session_id, std::uint32_t>,
  // Drops everything; how many blocks.
  caf::replies_to<clear_atom>::with<std::uint32_t>,
  // INTERNAL: expire what time ends.
  caf::reacts_to<tick_atom>,
  // From the memory manager: here is a segment; there is none now (true: the kernel has none, so
  // nobody will say when there is); there may be again; give one back.
  caf::reacts_to<segment_atom, std::shared_ptr<core::segment>>, caf::reacts_to<denied_atom, bool>,
  caf::reacts_to<room_atom>, caf::reacts_to<retire_atom>,
  // Quantizer and compressor, when one was started again.
  caf::reacts_to<encode_atom, encoder_actor, encoder_actor>,
  // New limits.
  caf::reacts_to<apply_atom, config::snapshot>>;

/// Segments and bytes (actors/memory.hpp).
using memory_actor = caf::typed_actor<
  // A namespace with blocks of so many bytes wants a segment with granules of so many; true: a put
  // waits for it. Answered by segment or denied.
  caf::reacts_to<grant_atom, space_id, std::uint64_t, std::uint32_t, bool>,
  // A namespace has retired a segment of so many bytes.
  caf::reacts_to<freed_atom, space_id, std::uint64_t>,
  // A staging area of so many bytes, or when there is little left of less, but at least so many
  // (second). limit_reached, out_of_memory, out_of_descriptors
  caf::replies_to<stage_atom, std::uint64_t, std::uint64_t>::with<core::result<core::staging_ptr>>,
  // A namespace began, with its description and its shard; it ended.
  caf::reacts_to<join_atom, space_description, shard_actor>, caf::reacts_to<forget_atom, space_id>,
  // New capacity and quotas.
  caf::reacts_to<apply_atom, config::snapshot>>;

/// A namespace as a session gets it.
struct opened_space {
  shard_actor shard;
  space_id id = 0;
  bool created = false;
  std::uint64_t block_bytes = 0;
  core::layout shape;
  std::uint64_t max_age_ms = 0;  ///< as it was asked for when the namespace was created
};

/// What open needs, owning its strings.
struct open_call {
  std::string tenant;
  std::string name;
  std::uint32_t kv_group = 0;
  core::layout shape;
  std::uint64_t max_age_ms = 0;
  bool existing = false;  ///< the layout does not count, and nothing is created
};

/// One connection (actors/session.hpp).
using session_actor = caf::typed_actor<caf::reacts_to<request_atom, inbound_ptr>,
                                       // The connection has ended; a deadline may have passed.
                                       caf::reacts_to<closed_atom>, caf::reacts_to<tick_atom>,
                                       // One of its requests was answered late.
                                       caf::reacts_to<slow_atom, slow_request>,
                                       caf::reacts_to<apply_atom, config::snapshot>>;

/// Numbers for people (actors/stats.hpp). Texts are JSON.
using stats_actor =
  caf::typed_actor<caf::reacts_to<join_atom, space_description>,
                   caf::reacts_to<forget_atom, space_id>,
                   caf::reacts_to<join_atom, session_description, session_actor>,
                   caf::reacts_to<leave_atom, session_id>,
                   // Passed on to all sessions.
                   caf::reacts_to<apply_atom, config::snapshot>,
                   // The text of `stats`, `health`, `namespaces` or `sessions` (second), for a
                   // tenant, or for all (empty tenant).
                   caf::replies_to<text_atom, protocol::opcode, std::string>::with<std::string>,
                   // What was counted over a window, or a namespace of that name whose tenant is
                   // not told. not_found, invalid_argument
                   caf::replies_to<text_atom, history_query>::with<core::result<std::string>>,
                   // What other amounts of memory would be worth. not_found, invalid_argument
                   caf::replies_to<text_atom, forecast_query>::with<core::result<std::string>>,
                   // INTERNAL: reads the counters, once a second.
                   caf::reacts_to<tick_atom>>;

/// The running configuration (actors/settings.hpp).
using settings_actor = caf::typed_actor<
  // The running configuration as TOML.
  caf::replies_to<text_atom>::with<std::string>,
  // Reads the file again and applies it, all or nothing; the report, or config_invalid with what is
  // wrong.
  caf::replies_to<reload_atom>::with<core::result<std::string>>,
  // INTERNAL: the file may have changed.
  caf::reacts_to<tick_atom>>;

/// Births and deaths of namespaces (actors/supervisor.hpp).
using supervisor_actor = caf::typed_actor<
  // Opens or creates a namespace. layout_mismatch, limit_reached, invalid_argument, not_found
  caf::replies_to<open_atom, open_call>::with<core::result<opened_space>>,
  // A session has left a namespace.
  caf::reacts_to<leave_atom, space_id>,
  // Deletes a namespace that no session has open: tenant, name, group. not_found, busy
  caf::replies_to<forget_atom, std::string, std::string,
                  std::uint32_t>::with<core::result<std::uint32_t>>,
  // Drops all blocks of all namespaces; how many.
  caf::replies_to<clear_atom>::with<std::uint32_t>,
  // No more puts, and the daemon ends when the last session has gone.
  caf::reacts_to<drain_atom>, caf::reacts_to<apply_atom, config::snapshot>>;

}  // namespace cellard::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cellard::actors::open_call)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cellard::core::result<cellard::actors::opened_space>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cellard::protocol::opcode)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cellard::actors::history_query)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cellard::actors::forecast_query)
