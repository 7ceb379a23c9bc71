// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// One namespace. Carries core::shard and adds what only an actor can: copies by workers, segments
// from the memory manager, victims from the eviction actor, and waiting for them. Owns: the
// namespace's index, arena, leases and reservations; writes that wait for room. Runs on: the I/O
// threads. Blocks of up to `inline_copy_bytes` in small requests are copied in its own turn,
// because waking a worker costs more (docs/adr/0008); all others by workers. Answers: puts when all
// their blocks are published or refused; everything else in the same turn. Ends: when told to exit.
// If it dies otherwise the daemon stops: others hold parts of its state.
#pragma once

#include "actors/handles.hpp"
#include "actors/reply.hpp"
#include "actors/sent_segments.hpp"
#include "core/server_counters.hpp"
#include "core/shard.hpp"
#include "protocol/replies.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cellard::actors {

/// Whom a shard talks to, and what it is.
struct shard_setup {
  space_description what;
  core::hash_secret secret{0};
  std::uint64_t max_age_ms = 0;
  config::snapshot settings;
  memory_actor memory;
  eviction_actor order;
  std::vector<worker_actor> copiers;
  worker_actor housekeeper;
  encoder_actor quantizer;
  encoder_actor compressor;
  std::shared_ptr<core::server_counters> counters;
};

class shard_state {
public:
  explicit shard_state(shard_actor::pointer me) : self(me) {}

  static constexpr const char* name = "shard";

  void start(shard_setup what);

  void serve(const chain_call& call);
  caf::result<core::removal> scrub(const chain_call& call);
  void release(session_id who, const std::vector<std::uint64_t>& leases);
  std::uint32_t revoke(session_id who);
  std::vector<core::reservation> reserve(const write_call& call);
  caf::result<std::vector<core::errc>> put(const write_call& call);
  caf::result<std::vector<core::errc>> commit(const write_call& call);
  std::uint32_t abort(const write_call& call);
  core::result<read_answer> read(const write_call& call);
  list_page list(std::uint64_t cursor, std::uint32_t limit) const;
  caf::result<std::uint32_t> corrupt(const write_call& call);
  core::result<std::uint16_t> join(session_id who, std::uint32_t handle, const std::string& salt);
  void leave(session_id who, std::uint32_t handle);
  std::uint32_t clear();
  void tick();
  void take_segment(const std::shared_ptr<core::segment>& fresh);
  void denied(bool by_kernel);
  void room();
  void retire();
  /// The namespace ends: no client's mapping may keep its pages.
  void punch_all();
  void take_encoders(const encoder_actor& quantizer, const encoder_actor& compressor);
  void apply(const config::snapshot& fresh);

  shard_actor::pointer self;
  std::unique_ptr<core::shard> core;

private:
  /// One put or commit until its last block is published or refused.
  struct batch {
    batch(reply<std::vector<core::errc>> promise, std::size_t entries, core::staging_ptr source)
      : answer(std::move(promise)),
        statuses(entries, core::errc::ok),
        left(entries),
        staging(std::move(source)) {}
    reply<std::vector<core::errc>> answer;
    std::vector<core::errc> statuses;
    std::size_t left;
    core::staging_ptr staging;
  };
  using batch_ptr = std::shared_ptr<batch>;

  /// One block of a batch whose ticket is valid.
  struct entry {
    batch_ptr of;
    std::size_t index = 0;
    session_id who = 0;
    std::uint32_t ticket = 0;
    std::uint64_t offset = 0;
    std::uint32_t length = 0;
  };
  struct started {
    entry from;
    core::write_job job;
  };

  void take_back(const chain_call& call);
  void get(const chain_call& call);
  std::uint32_t change(const chain_call& call);
  void introduce_segments(std::vector<bool>& sent, protocol::get_reply& reply,
                          std::vector<int>& descriptors) const;

  caf::result<std::vector<core::errc>> write(const std::vector<entry>& entries);
  bool start_entry(const entry& what, std::vector<started>& jobs);
  void copy_here(const std::vector<started>& jobs);
  void copy_by_worker(std::vector<started> jobs);
  void finish(const started& done, std::uint64_t checksum);
  void settle(const entry& what, core::errc status);

  void retry_waiting();
  void refuse_waiting();
  void make_room();
  void run_ahead();
  void ask_segment(bool needed);
  void ask_again_later();
  void ask_again(time_point now);
  void run_ahead_of_watermarks();
  void choose_victims(std::uint64_t bytes, const core::ladder& by);
  void evict(const core::choice& made, bool by_ladder);
  [[nodiscard]] core::ladder ladder_now(bool drops) const;
  void lower(const core::choice& made);
  void populate(const std::shared_ptr<core::segment>& memory, std::uint64_t from,
                std::uint64_t piece);
  void refresh_segments();
  void step_retirement();

  /// Has the bytes of removed blocks overwritten, gives their slots back, and calls `then`.
  void overwrite(std::vector<core::scrub_job> jobs, std::function<void()> then);
  /// A block that is to be encoded, or is being.
  struct coding {
    core::block_name block;
    std::uint16_t part = 0;
    unsigned step = 0;       ///< of the ladder; 0: as codec_ says
    std::uint64_t wins = 0;  ///< of these winning_ has so many
  };
  [[nodiscard]] const std::string& wanted(const std::string config::quota_settings::*field,
                                          const std::string& otherwise) const;
  void choose_codec();
  void encode_later(const coding& what);
  void give_up(const coding& what);
  void remember_fresh(const core::access_batch& events);
  void encode_next();
  void place_encoded(const coding& what, const core::recode_job& job, const encoded_block& done);
  void end_encoding(const coding& what, const core::recode_job& job, const core::write_job* to);
  void encoded_one(const coding& what);

  void after_request();
  void arm_tick();
  [[nodiscard]] core::shard_limits limits() const;

  shard_setup setup_;
  std::uint64_t block_cost_ = 0;  ///< of one raw block, in whole granules
  segment_list segments_;
  sent_segments sent_;
  std::vector<std::uint64_t> returned_;  ///< leases, of the request being served
  std::deque<entry> waiting_;            ///< bounded by the sessions' credits
  std::string codec_ = "raw";         ///< the scheme that blocks are recoded to after their commit
  std::vector<std::string> ladder_;   ///< schemes, gentlest first
  std::uint32_t ladder_version_ = 0;  ///< goes up when these change
  std::deque<coding> to_encode_;      ///< bounded by codec.queue
  std::uint64_t winning_ = 0;         ///< bytes that the ladder's codings are expected to win
  std::uint64_t lower_from_ = 0;      ///< fill above which the ladder is asked again
  std::size_t encoding_ = 0;
  std::size_t next_worker_ = 0;
  std::size_t populating_ = 0;
  int rounds_ = 0;                          ///< of victims that were all refused
  bool asked_ = false;                      ///< for a segment
  bool asked_in_need_ = false;              ///< a put waited when it asked
  bool denied_ = false;                     ///< and got none, until room
  std::optional<time_point> ask_again_;     ///< the kernel had no memory: when to try again
  std::shared_ptr<core::segment> partial_;  ///< whose pages it did not give, from here on
  std::uint64_t partial_from_ = 0;
  bool choosing_ = false;
  bool retiring_ = false;
  bool ticking_ = false;
};

shard_actor::behavior_type shard(shard_actor::stateful_pointer<shard_state> self, shard_setup what);

}  // namespace cellard::actors
