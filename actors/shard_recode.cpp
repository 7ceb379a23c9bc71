// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Blocks that are to be kept encoded go, a few at a time, to the quantizer or the compressor and
// into smaller slots (docs/adr/0031): after their commit where the policy says so, and when a
// ladder lowers them. Nobody waits for it, and whatever goes wrong leaves the block as it is.
#include "actors/shard.hpp"
#include "config/ladder.hpp"
#include "gpu/scheme.hpp"

#include <utility>

#include <fnmatch.h>

namespace cellard::actors {
namespace {

// At the encoder at once, for this namespace: one that is encoded, one that follows without a
// pause.
constexpr std::size_t most_encoding = 2;

}  // namespace

/// What the first quota says that says something, or else the default.
const std::string& shard_state::wanted(const std::string config::quota_settings::*field,
                                       const std::string& otherwise) const {
  const auto& what = setup_.what;
  for (const auto& each : setup_.settings->quotas) {
    if (each.*field != "default" && fnmatch(each.name_space.c_str(), what.name.c_str(), 0) == 0
        && (each.tenant.empty() || fnmatch(each.tenant.c_str(), what.tenant.c_str(), 0) == 0)) {
      return each.*field;
    }
  }
  return otherwise;
}

void shard_state::choose_codec() {
  const auto& settings = *setup_.settings;
  if (setup_.what.shape.type == core::dtype::opaque) {
    return;  // no codec knows what its bytes are
  }
  auto codec = wanted(&config::quota_settings::codec, settings.codec.policy);
  auto ladder =
    config::ladder_names(wanted(&config::quota_settings::ladder, settings.codec.ladder));
  if (codec == codec_ && ladder == ladder_) {
    return;
  }
  for (const coding& each : std::exchange(to_encode_, {})) {
    core->counters().recodes_dropped.add();
    give_up(each);
  }
  codec_ = std::move(codec);
  ladder_ = std::move(ladder);
  ++ladder_version_;
  lower_from_ = 0;
}

void shard_state::take_encoders(const encoder_actor& quantizer, const encoder_actor& compressor) {
  setup_.quantizer = quantizer;
  setup_.compressor = compressor;
}

void shard_state::encode_later(const coding& what) {
  winning_ += what.wins;
  if (to_encode_.size() < setup_.settings->codec.queue) {
    to_encode_.push_back(what);
  } else {
    core->counters().recodes_dropped.add();
    give_up(what);
  }
}

/// It is not won, then.
void shard_state::give_up(const coding& what) {
  winning_ -= what.wins;
  core->tell_size(what.block);
}

void shard_state::remember_fresh(const core::access_batch& events) {
  if (codec_ == "raw") {
    return;
  }
  for (const auto& each : events.inserted) {
    for (std::uint16_t part = 0; part < core->shape().parts; ++part) {
      encode_later({each.block, part, 0, 0});
    }
  }
  encode_next();
}

void shard_state::encode_next() {
  using recodes = core::shard::recodes;
  while (encoding_ < most_encoding && !to_encode_.empty()) {
    const coding next = to_encode_.front();
    to_encode_.pop_front();
    const auto job =
      core->begin_recode(next.block, next.part, next.step == 0 ? recodes::raw_ones : recodes::all);
    if (!job) {
      give_up(next);  // it has gone already
      continue;
    }
    ++encoding_;
    const auto& scheme = next.step == 0 ? codec_ : ladder_.at(next.step - 1);
    const auto by = gpu::find_scheme(scheme);
    const auto& encoder =
      by && by->by == gpu::family::quantizer ? setup_.quantizer : setup_.compressor;
    self
      ->request(
        encoder, caf::infinite, encode_atom::value,
        encode_job{scheme, core->shape(), job->first_token, job->codec, job->bytes, job->keep})
      .then(
        [this, next, job = *job](const core::result<encoded_block>& done) {
          if (done) {
            place_encoded(next, job, *done);
          } else {
            end_encoding(next, job, nullptr);
          }
        },
        [this, next, job = *job](const caf::error&) { end_encoding(next, job, nullptr); });
  }
}

void shard_state::place_encoded(const coding& what, const core::recode_job& job,
                                const encoded_block& done) {
  const auto length = static_cast<std::uint32_t>(done.bytes->size());
  auto& queued = setup_.counters->copy_queue_bytes;
  const auto to = core->place_recoded(job, {done.codec, length, done.error_bound});
  if (!to
      || queued.load(std::memory_order_relaxed) + length
           > setup_.settings->limits.copy_queue_bytes) {
    end_encoding(what, job, to ? &*to : nullptr);
    return;
  }
  copy_batch work;
  work.source = done.bytes;
  work.jobs.push_back({done.bytes->data(), to->to, length});
  work.targets.push_back(to->keep);
  work.bytes = length;
  queued.fetch_add(length, std::memory_order_relaxed);
  const auto& copier = setup_.copiers[next_worker_++ % setup_.copiers.size()];
  self->request(copier, caf::infinite, copy_atom::value, std::move(work))
    .then(
      [this, what, job, to = *to](const std::vector<std::uint64_t>& checksums) {
        if (core->finish_recode(job, to, checksums.front()) != core::errc::ok) {
          core->counters().recodes_dropped.add();
        } else if (what.step > 0) {
          core->counters().lowered.add();
        }
        encoded_one(what);
      },
      [this, what, job, to = *to](const caf::error&) { end_encoding(what, job, &to); });
}

void shard_state::end_encoding(const coding& what, const core::recode_job& job,
                               const core::write_job* to) {
  core->cancel_recode(job, to);
  core->counters().recodes_dropped.add();
  encoded_one(what);
}

void shard_state::encoded_one(const coding& what) {
  --encoding_;
  winning_ -= what.wins;
  retry_waiting();  // a slot may have become free
  after_request();
  encode_next();
  run_ahead();
}

}  // namespace cellard::actors
