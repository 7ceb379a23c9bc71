// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// One namespace: its chain tree, its memory, its leases and its half-done writes, composed into the
// operations that clients know. Synchronous and without I/O: the actor of the same name carries one
// of these, and core/cache.hpp composes it without actors.
//
// A write is reserve -> begin -> (somebody copies the bytes into the slot) -> finish. Until finish
// nobody finds the block; a block whose parent is not visible yet waits for it, and is dropped with
// it. `begin` answers busy when the arena has no room: the owner then makes room (evict) or adds a
// segment, and tries again.
//
// What the strategy has to hear collects in `take_events`. One thread at a time.
#pragma once

#include "core/access_batch.hpp"
#include "core/arena.hpp"
#include "core/block_index.hpp"
#include "core/layout.hpp"
#include "core/lease_table.hpp"
#include "core/result.hpp"
#include "core/shard_counters.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace cellard::core {

using time_point = std::chrono::steady_clock::time_point;

/// Limits that a reload may change.
struct shard_limits {
  std::uint64_t leases = 65536;  ///< blocks that one session may hold
  std::uint32_t pins = 65536;
  std::uint32_t salts = 4096;
  std::chrono::milliseconds pin_time{3'600'000};
  std::chrono::milliseconds reservation_time{30'000};
  std::chrono::milliseconds partial_time{30'000};
  std::chrono::milliseconds max_age{0};  ///< 0 = blocks do not age
  bool tell_lacking = false;             ///< what a get does not find is in take_events, too
};

/// Who asks: a session, the part (rank) it opened the namespace with, and the handle it got.
struct requester {
  session_id session = 0;
  std::uint16_t part = 0;
  std::uint32_t handle = 0;
  bool wants_errors = false;  ///< of encoded blocks
};

struct found_blocks {
  match counts;
  std::uint64_t lease = 0;
  std::vector<place> places;
  std::vector<std::uint32_t> errors;  ///< where wanted one a place, as slot_header has it
};

struct reservation {
  errc status = errc::ok;
  std::uint32_t ticket = 0;
};

/// Permission to fill a slot. Whoever copies keeps `keep`, so that the memory outlives even a
/// retired segment.
struct write_job {
  slot_ref slot{0};
  block_name block;
  std::uint16_t part = 0;
  std::uint16_t codec = 0;
  std::byte* to = nullptr;
  std::uint32_t length = 0;
  std::shared_ptr<segment> keep;
  std::uint32_t error_bound = 0;  ///< as slot_header has it
};

/// Permission to read a block in order to encode it. Its bytes stay in place until `finish` or
/// `cancel`, also when the block goes meanwhile.
struct recode_job {
  block_name block;
  std::uint16_t part = 0;
  slot_ref from{0};
  std::uint64_t lease = 0;
  std::uint64_t first_token = 0;  ///< of the block in its chain
  std::uint16_t codec = 0;        ///< of its bytes now; 0 = raw
  std::span<const std::byte> bytes;
  std::shared_ptr<segment> keep;
};

/// Bytes of a removed block that are to be overwritten before their slot is used again. Whoever
/// does it keeps `keep`.
struct scrub_job {
  slot_ref slot{0};
  std::byte* bytes = nullptr;
  std::uint64_t length = 0;
  std::shared_ptr<segment> keep;
};

/// Of `scrub`: blocks that went, and how many of them somebody may still read: their bytes go when
/// the leases of that moment have ended.
struct removal {
  std::uint32_t removed = 0;
  std::uint32_t later = 0;
};

/// What a codec made of a block; codec 0 means that it is kept raw.
struct encoding {
  std::uint16_t codec = 0;
  std::uint32_t bytes = 0;
  std::uint32_t error_bound = 0;  ///< as slot_header has it
};

struct listed_block {
  block_key key;
  std::uint32_t length = 0;
  std::uint32_t depth = 0;
  std::uint16_t codec = 0;
  node_state state = node_state::free;
  std::uint8_t flags = 0;  ///< node_flags
  std::uint32_t children = 0;
};

class shard {
public:
  struct options {
    space_id id = 0;
    layout shape;
    std::uint32_t max_blocks = 1U << 24;
    std::uint64_t layout_hash = 0;
    hash_secret secret{0};
    shard_limits limits;
    std::shared_ptr<shard_counters> counters = std::make_shared<shard_counters>();
  };

  explicit shard(options what);

  /// 4 KiB for raw blocks under 1 MiB, else 64 KiB (decisions E4).
  static std::uint32_t granule_for(std::uint64_t block_bytes) noexcept;

  // ---- finding ----

  [[nodiscard]] match lookup(std::uint16_t salt, key_span keys);
  result<found_blocks> get(requester who, std::uint16_t salt, key_span keys);
  match touch(std::uint16_t salt, key_span keys);
  /// How many of these leases were `who`'s.
  std::uint32_t release(session_id who, const std::vector<std::uint64_t>& leases);
  /// All leases of `who` are taken back; how many.
  std::uint32_t revoke(session_id who);
  /// Those of one handle, which was closed: nobody can give them back any more.
  std::uint32_t revoke(session_id who, std::uint32_t handle);
  /// Where one part of a visible block is, without a lease.
  result<place> find(requester who, std::uint16_t salt, const block_key& key, bool counts = true);

  // ---- writing ----

  /// One answer a key; each key's parent is the one before it, the first one's is `parent` (null =
  /// it is a root).
  std::vector<reservation> reserve(requester who, std::uint16_t salt, const block_key* parent,
                                   key_span keys, time_point now);
  /// For `length` raw bytes.
  result<write_job> begin(session_id who, std::uint32_t ticket, std::uint32_t length,
                          encoding encoded = {});
  errc finish(const write_job& job, std::uint64_t checksum, time_point now);
  void cancel(const write_job& job);
  bool abort(session_id who, std::uint32_t ticket);

  /// Blocks before a reserved one in its chain. @pre `number` is a ticket
  [[nodiscard]] std::uint32_t depth_of(std::uint32_t number) const;

  // ---- recoding ----

  /// Which blocks begin_recode takes.
  enum class recodes { raw_ones, all };
  /// errc::gone when the block is not there any more, errc::exists when it is encoded already.
  /// @pre every job ends by finish_recode or cancel_recode
  result<recode_job> begin_recode(const block_name& block, std::uint16_t part,
                                  recodes which = recodes::raw_ones);
  /// A slot for the encoded bytes. errc::gone, errc::busy (no room now), errc::invalid_argument
  /// when no memory would be won: the job still has to be cancelled.
  result<write_job> place_recoded(const recode_job& job, encoding encoded);
  /// The block is found in its new slot from now on; errc::gone when it was dropped meanwhile.
  errc finish_recode(const recode_job& job, const write_job& to, std::uint64_t checksum);
  /// `to` is what place_recoded gave, if it was asked.
  void cancel_recode(const recode_job& job, const write_job* to = nullptr);
  /// The strategy took the block to be smaller than it is.
  void tell_size(const block_name& block);

  // ---- dropping ----

  std::uint32_t remove(std::uint16_t salt, key_span keys);
  /// remove, and the bytes are to be overwritten. So are those of puts that are under way for these
  /// blocks: their `finish` answers no_parent.
  removal scrub(std::uint16_t salt, key_span keys);
  /// What is to be overwritten now. @pre the caller does it, and tells `scrubbed`
  std::vector<scrub_job> take_scrubs() { return std::exchange(scrubs_, {}); }
  void scrubbed(const std::vector<scrub_job>& done);
  /// Drops what may go; the rest is returned as refused. Adds the freed bytes to `freed`.
  std::vector<block_name> evict(const std::vector<block_name>& victims, std::uint64_t& freed);
  std::uint32_t clear();
  /// `who` has gone: its leases and reservations end.
  void session_down(session_id who);
  /// What time ends: reservations, pins, age, deferred slots.
  void tick(time_point now);
  /// There is something that time will end.
  [[nodiscard]] bool needs_tick() const noexcept;

  // ---- pins and salts ----

  std::uint32_t pin(std::uint16_t salt, key_span keys, std::chrono::milliseconds how_long,
                    time_point now);
  std::uint32_t unpin(std::uint16_t salt, key_span keys);
  /// The number of a salt within this namespace; 0 is the empty one. errc::limit_reached at
  /// limits.salts.
  result<std::uint16_t> salt_number(std::string_view salt);

  // ---- the rest ----

  /// Blocks with numbers from `cursor` on; returns the next cursor, 0 at the end.
  std::uint64_t list(std::uint64_t cursor, std::size_t limit, std::vector<listed_block>& out) const;

  /// Chooses a segment to empty, the one with the fewest bytes in use; false when there is none or
  /// one is being emptied.
  bool begin_retirement();
  /// Drops what may go of the segment being emptied. The segment once nothing holds it any more;
  /// nothing until then: call again after a tick.
  std::optional<arena::retired> retire_some();

  access_batch take_events(time_point now);
  void set_limits(const shard_limits& limits) { limits_ = limits; }

  [[nodiscard]] arena& memory() noexcept { return arena_; }
  [[nodiscard]] const arena& memory() const noexcept { return arena_; }
  [[nodiscard]] const layout& shape() const noexcept { return shape_; }
  [[nodiscard]] space_id id() const noexcept { return id_; }
  [[nodiscard]] shard_counters& counters() noexcept { return *counters_; }
  [[nodiscard]] const std::shared_ptr<shard_counters>& shared_counters() const noexcept {
    return counters_;
  }
  [[nodiscard]] std::size_t blocks() const noexcept { return index_.size(); }
  [[nodiscard]] std::size_t leases() const noexcept { return leases_.size(); }
  [[nodiscard]] std::size_t pins() const noexcept { return pins_.size(); }
  [[nodiscard]] std::size_t reservations() const noexcept { return tickets_.size(); }
  [[nodiscard]] std::size_t deferred() const noexcept { return deferred_.size(); }
  /// Memory of these.
  [[nodiscard]] std::uint64_t deferred_bytes() const noexcept { return deferred_bytes_; }
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

private:
  struct ticket {
    block_name block;
    session_id session = 0;
    std::uint16_t part = 0;
    time_point until;
  };
  /// A node that lacks parts.
  struct unfinished {
    std::uint64_t reserved = 0;  ///< a bit a part: a ticket or a copy in progress
    std::uint64_t committed = 0;
    time_point until;
  };
  struct pin_entry {
    std::uint32_t generation = 0;
    time_point until;
  };
  /// A slot whose block has gone but that a lease from before may still be reading.
  struct deferred_slot {
    slot_ref slot{0};
    std::uint64_t before = 0;
    bool scrubs = false;
  };
  struct aging {
    block_name block;
    time_point born;
  };

  /// Reservations that exist at once. They end by themselves after reservation_time.
  static constexpr std::size_t max_tickets = std::size_t{1} << 20;
  static constexpr std::uint32_t no_slot = ~std::uint32_t{0};

  const std::vector<node_id>& walk(std::uint16_t salt, key_span keys);
  reservation reserve_one(requester who, std::uint16_t salt, node_id parent, bool is_root,
                          const block_key& key, time_point now);
  void publish(node_id id, time_point now);
  std::uint64_t add_places(const std::vector<node_id>& path, std::uint16_t part,
                           std::vector<place>& places) const;
  void add_errors(const std::vector<node_id>& path, std::uint16_t part, found_blocks& found) const;
  void touch_path(node_id deepest);
  void note_lacking(std::uint16_t salt, key_span keys);
  void append_path(node_id deepest, std::vector<node_id>& path) const;
  void refresh_parents_of_inserted();
  std::uint32_t remove_all(std::uint16_t salt, key_span keys, bool scrubs);
  void drop(node_id id, bool scrubs = false);
  void drop_parts(node_id id, bool scrubs);
  void free_slot(slot_ref slot, bool scrubs);
  void end_slot(slot_ref slot, bool scrubs);
  void free_deferred();
  void unlease(const lease& given);
  std::uint32_t unlease(const std::vector<lease>& given);
  void end_recode(const recode_job& job);
  [[nodiscard]] bool still(const recode_job& job) const;
  void give_up_part(const block_name& block, std::uint16_t part);
  void expire(time_point now);

  [[nodiscard]] std::uint32_t& slot_of(node_id id, std::uint16_t part);
  [[nodiscard]] std::uint32_t slot_of(node_id id, std::uint16_t part) const;
  [[nodiscard]] std::uint64_t cost_of(node_id id) const;
  void write_header(const write_job& job, std::uint64_t checksum);

  space_id id_;
  layout shape_;
  std::uint64_t block_bytes_;
  shard_limits limits_;
  std::shared_ptr<shard_counters> counters_;

  block_index index_;
  arena arena_;
  lease_table leases_;
  std::vector<std::uint32_t>
    rows_;  ///< slots of nodes, `parts` a row, when there are several parts
  std::vector<std::uint32_t> free_rows_;
  std::vector<node_id> path_;  ///< of the request being served

  std::unordered_map<std::uint32_t, ticket> tickets_;
  std::unordered_map<node_id, unfinished> unfinished_;
  std::unordered_map<node_id, std::uint32_t> leased_;  ///< leases whose deepest node this is
  std::unordered_map<node_id, pin_entry> pins_;
  std::deque<deferred_slot> deferred_;
  std::uint64_t deferred_bytes_ = 0;
  std::vector<scrub_job> scrubs_;  ///< until the owner takes them, after each request
  std::deque<aging> aging_;
  std::unordered_map<std::string, std::uint16_t> salts_;
  std::vector<std::array<std::uint8_t, 16>> salt_hashes_;

  std::optional<std::uint16_t> retiring_;
  access_batch events_;
  std::uint32_t next_ticket_ = 1;
  std::uint64_t next_sequence_ = 1;
};

}  // namespace cellard::core
