// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// A block's bytes move to a smaller slot: begin, place, finish (docs/adr/0031). Until `finish` the
// block is found where it was; whoever reads it there may go on as long as its lease lasts.
#include "core/shard.hpp"

namespace cellard::core {

namespace {

/// Who leases a block while it is encoded. No session has this number.
constexpr session_id recoder = 0;

}  // namespace

result<recode_job> shard::begin_recode(const block_name& block, std::uint16_t part, recodes which) {
  if (!index_.is(block.node, block.generation) || index_[block.node].state != node_state::visible) {
    return fail(errc::gone, "recode: the block is not present any more");
  }
  const slot_ref slot{slot_of(block.node, part)};
  const slot_header& head = arena_.header(slot);
  if (head.codec != 0 && which == recodes::raw_ones) {
    return fail(errc::exists, "recode: the block is encoded already");
  }
  const std::uint64_t lease = leases_.take(recoder, block.node, block.generation, 1);
  ++leased_[block.node];
  index_[block.node].flags |= node_leased;
  return recode_job{block,
                    part,
                    slot,
                    lease,
                    std::uint64_t{index_.depth(block.node)} * shape_.block_tokens,
                    head.codec,
                    {arena_.bytes(slot), head.length},
                    arena_.segment_of(slot)};
}

result<write_job> shard::place_recoded(const recode_job& job, encoding encoded) {
  if (!still(job)) {
    return fail(errc::gone, "recode: the block was dropped meanwhile");
  }
  // An eighth has to be won, or the second copy is not worth it.
  if (arena_.cost(encoded.bytes) * 8 > arena_.cost(arena_.header(job.from).length) * 7) {
    return fail(errc::invalid_argument, "recode: {} bytes instead of {} free too little memory",
                encoded.bytes, job.bytes.size());
  }
  const auto slot = arena_.allocate(encoded.bytes);
  if (!slot) {
    return fail(errc::busy, "recode: no room for {} bytes now", encoded.bytes);
  }
  write_job to{*slot,
               job.block,
               job.part,
               encoded.codec,
               arena_.bytes(*slot),
               encoded.bytes,
               arena_.segment_of(*slot)};
  to.error_bound = encoded.error_bound;
  return to;
}

errc shard::finish_recode(const recode_job& job, const write_job& to, std::uint64_t checksum) {
  const bool mine = still(job);
  end_recode(job);
  if (!mine) {
    end_slot(to.slot, true);
    return errc::gone;
  }
  write_header(to, checksum);
  const std::uint64_t won = arena_.cost(arena_.header(job.from).length) - arena_.cost(to.length);
  slot_of(job.block.node, job.part) = to.slot.packed();
  counters_->payload_bytes.add(to.length);
  free_slot(job.from, false);
  counters_->recoded.add();
  counters_->recoded_bytes_won.add(won);
  events_.resized.push_back({job.block, static_cast<std::uint32_t>(cost_of(job.block.node))});
  return errc::ok;
}

void shard::cancel_recode(const recode_job& job, const write_job* to) {
  if (to != nullptr) {
    end_slot(to->slot, !still(job));
  }
  end_recode(job);
  tell_size(job.block);
}

void shard::tell_size(const block_name& block) {
  if (index_.is(block.node, block.generation) && index_[block.node].state == node_state::visible) {
    events_.resized.push_back({block, static_cast<std::uint32_t>(cost_of(block.node))});
  }
}

void shard::end_recode(const recode_job& job) {
  if (const auto given = leases_.give_back(recoder, job.lease)) {
    unlease(*given);
  }
  // Another block is nearly always being encoded. Few leases are soon looked through.
  constexpr std::size_t few = 8;
  if (leases_.size() <= few) {
    free_deferred();
  }
}

bool shard::still(const recode_job& job) const {
  return index_.is(job.block.node, job.block.generation)
         && index_[job.block.node].state == node_state::visible
         && slot_of(job.block.node, job.part) == job.from.packed();
}

}  // namespace cellard::core
