// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The ladder (docs/adr/0034): above the low watermark blocks are lowered as fast as the encoders
// go, so that fewer have to be dropped at the high one. What is about to be freed counts as freed.
#include "actors/shard.hpp"

#include <algorithm>

namespace cellard::actors {

core::ladder shard_state::ladder_now(bool drops) const {
  const auto& settings = *setup_.settings;
  core::ladder by;
  by.steps = static_cast<unsigned>(ladder_.size());
  const auto mine = std::find(ladder_.begin(), ladder_.end(), codec_);
  by.skipped = mine == ladder_.end() ? 0 : static_cast<unsigned>(mine - ladder_.begin()) + 1;
  by.share = static_cast<double>(settings.codec.ladder_share.of(1'000'000)) / 1e6;
  const std::size_t queue = settings.codec.queue;
  by.codings = (queue - std::min(queue, to_encode_.size())) / core->shape().parts;
  if (to_encode_.empty()) {
    by.codings = std::max<std::size_t>(by.codings, 1);  // a block may have more parts than that
  }
  by.version = ladder_version_;
  by.drops = drops;
  return by;
}

void shard_state::run_ahead_of_watermarks() {
  const auto& memory = core->memory();
  const auto& limits = setup_.settings->memory;
  const auto populated = memory.populated_bytes();
  const auto low = limits.low_watermark.of(populated);
  const auto high = limits.high_watermark.of(populated);
  const auto less = [&](std::uint64_t bytes) {
    return memory.used_bytes() - std::min(memory.used_bytes(), bytes);
  };
  const auto freed_soon = winning_ + core->deferred_bytes();
  const auto used = less(freed_soon);
  // An encoder or a reader may take its time: room for puts is kept all the same.
  const auto used_now = less(std::min(freed_soon, (populated - high) / 2));
  if (used_now > high) {
    choose_victims(used_now - low, ladder_now(true));
  } else if (used <= low) {
    lower_from_ = 0;
  } else if (const auto by = ladder_now(false);
             used > lower_from_ && by.steps > 0 && by.codings > 0
             && to_encode_.size() <= setup_.settings->codec.queue / 2) {
    // When there was nothing to lower, the next time is not each put.
    lower_from_ = used + (high - low) / 16;
    choose_victims(used - low, by);
  }
}

void shard_state::lower(const core::choice& made) {
  const std::uint16_t parts = core->shape().parts;
  for (const auto& each : made.lowered) {
    for (std::uint16_t part = 0; part < parts; ++part) {
      if (each.step <= ladder_.size()) {  // or a reload has made it shorter
        encode_later({each.block, part, each.step, each.wins / parts});
      } else {
        core->tell_size(each.block);
      }
    }
  }
  if (!made.lowered.empty() || made.more) {
    lower_from_ = 0;
    encode_next();
  }
}

}  // namespace cellard::actors
