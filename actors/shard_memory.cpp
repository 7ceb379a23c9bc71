// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Room: segments from the memory manager while there are some, victims from the eviction actor
// after that. Both run ahead of the puts.
#include "actors/shard.hpp"

#include <algorithm>
#include <utility>

namespace cellard::actors {
namespace {

// Pages are made present at about 2 GB/s; a piece takes some milliseconds, and the first one is
// small so that a first put need not wait long.
constexpr std::uint64_t first_piece = std::uint64_t{4} << 20;
constexpr std::uint64_t later_piece = std::uint64_t{16} << 20;

constexpr int most_rounds = 8;

// The kernel does not say when it has memory or descriptors again. Asking costs it a few system
// calls, and the pages of one piece when it gives them.
constexpr std::chrono::seconds kernel_pause{5};

}  // namespace

void shard_state::ask_segment(bool needed) {
  if (!asked_ && !denied_) {
    asked_ = true;
    asked_in_need_ = needed;
    self->send(setup_.memory, grant_atom::value, setup_.what.id, block_cost_,
               core->memory().granule_bytes(), needed);
  }
}

void shard_state::take_segment(const std::shared_ptr<core::segment>& fresh) {
  asked_ = false;
  if (!core->memory().add(fresh)) {
    const auto granule = core->memory().granule_bytes();
    self->send(setup_.memory, freed_atom::value, setup_.what.id,
               core::arena::data_bytes_of(fresh->bytes(), granule));
    denied_ = true;
    refuse_waiting();
    return;
  }
  refresh_segments();
  if (setup_.settings->memory.prefault) {
    ++populating_;
    populate(fresh, core->memory().data_offset(*fresh), first_piece);
  } else {
    core->memory().extend(*fresh, fresh->bytes());
    retry_waiting();
  }
}

void shard_state::populate(const std::shared_ptr<core::segment>& memory, std::uint64_t from,
                           std::uint64_t piece) {
  if (from >= memory->bytes()) {
    --populating_;
    return;
  }
  const auto to = std::min(memory->bytes(), from + piece);
  self->request(setup_.housekeeper, caf::infinite, populate_atom::value, memory, from, to)
    .then(
      [this, memory, from](std::uint64_t reached) {
        if (reached == from) {  // the kernel has no memory: what is there stays usable
          --populating_;
          denied_ = true;
          partial_ = memory;
          partial_from_ = from;
          ask_again_later();
        } else {
          core->memory().extend(*memory, reached);
          populate(memory, reached, later_piece);
        }
        core->counters().populated_bytes.set(core->memory().populated_bytes());
        retry_waiting();
      },
      [this](const caf::error&) {  // nobody makes pages present any more
        --populating_;
        denied_ = true;
        retry_waiting();
      });
}

void shard_state::ask_again_later() {
  ask_again_ = std::chrono::steady_clock::now() + kernel_pause;
  arm_tick();
}

void shard_state::ask_again(time_point now) {
  if (!ask_again_ || now < *ask_again_) {
    return;
  }
  ask_again_.reset();
  if (partial_) {
    ++populating_;
    populate(std::exchange(partial_, nullptr), partial_from_, first_piece);
  }
  room();
}

void shard_state::denied(bool by_kernel) {
  asked_ = false;
  if (by_kernel) {
    ask_again_later();
  }
  if (!waiting_.empty() && !asked_in_need_) {
    ask_segment(true);  // a put has come since
    return;
  }
  denied_ = true;
  if (!waiting_.empty()) {
    make_room();
  }
}

void shard_state::room() {
  denied_ = false;
  if (!waiting_.empty()) {
    make_room();
  }
}

void shard_state::make_room() {
  if (populating_ > 0 || choosing_ || asked_) {
    return;  // whatever comes of it tries again
  }
  if (!denied_) {
    ask_segment(true);
    return;
  }
  // Enough for all that wait, so that one round serves them.
  std::uint64_t wanted = 0;
  for (const entry& what : waiting_) {
    wanted += core->memory().cost(what.length);
  }
  choose_victims(wanted, {});  // no put waits for an encoder
}

void shard_state::run_ahead() {
  const auto& memory = core->memory();
  if (populating_ > 0) {
    return;
  }
  if (!denied_) {
    if (memory.free_bytes() < std::max(memory.populated_bytes() / 8, 2 * block_cost_)) {
      ask_segment(false);
    }
  } else if (!choosing_) {
    run_ahead_of_watermarks();
  }
}

void shard_state::choose_victims(std::uint64_t bytes, const core::ladder& by) {
  choosing_ = true;
  self->request(setup_.order, caf::infinite, choose_atom::value, setup_.what.id, bytes, by)
    .then([this, by](const core::choice& made) { evict(made, by.steps > 0); },
          [this](const caf::error&) {
            choosing_ = false;
            refuse_waiting();
          });
}

void shard_state::evict(const core::choice& made, bool by_ladder) {
  choosing_ = false;
  std::uint64_t freed = 0;
  auto refused = core->evict(made.victims, freed);
  lower(made);  // after that: what is being encoded would not be evicted
  if (!refused.empty()) {
    self->send(setup_.order, refused_atom::value, setup_.what.id, std::move(refused));
  }
  after_request();
  if (freed > 0) {
    rounds_ = 0;
    retry_waiting();
  } else if ((!made.victims.empty() || by_ladder) && !waiting_.empty() && ++rounds_ < most_rounds) {
    make_room();  // the least wanted are leased: the next ones may not be
  } else {
    // A put is best effort and does not wait for a lease to end.
    rounds_ = 0;
    refuse_waiting();
  }
}

void shard_state::refresh_segments() {
  auto fresh = std::make_shared<std::vector<segment_entry>>();
  for (const auto number : core->memory().numbers()) {
    fresh->push_back({*core->memory().describe(number), core->memory().find_segment(number)});
  }
  segments_ = std::move(fresh);
}

void shard_state::retire() {
  if (!retiring_) {
    retiring_ = core->begin_retirement();
  }
  if (!retiring_) {
    self->send(setup_.memory, freed_atom::value, setup_.what.id, std::uint64_t{0});
    return;
  }
  step_retirement();
  after_request();
}

void shard_state::punch_all() {
  for (const auto& each : *segments_) {
    self->send(setup_.housekeeper, punch_atom::value, each.memory);
  }
}

void shard_state::step_retirement() {
  if (!retiring_) {
    return;
  }
  if (auto gone = core->retire_some()) {
    retiring_ = false;
    denied_ = true;
    if (partial_ == gone->memory) {
      partial_.reset();
    }
    refresh_segments();
    self->send(setup_.housekeeper, punch_atom::value, gone->memory);
    self->send(setup_.memory, freed_atom::value, setup_.what.id, gone->data_bytes);
  }
}

}  // namespace cellard::actors
