// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Blocks that are to be kept encoded: after their commit they go, a few at a time, to the quantizer
// or the compressor and into smaller slots (docs/adr/0031). Nobody waits for it, and whatever goes
// wrong leaves the raw block.
#include "actors/shard.hpp"
#include "gpu/scheme.hpp"

#include <algorithm>

#include <fnmatch.h>

namespace cellard::actors {
namespace {

// At the encoder at once, for this namespace: one that is encoded, one that follows without a
// pause.
constexpr std::size_t most_encoding = 2;

}  // namespace

std::string shard_state::codec_wanted() const {
  const auto& what = setup_.what;
  if (what.shape.type == core::dtype::opaque) {
    return "raw";
  }
  for (const auto& each : setup_.settings->quotas) {
    if (each.codec != "default" && fnmatch(each.name_space.c_str(), what.name.c_str(), 0) == 0
        && (each.tenant.empty() || fnmatch(each.tenant.c_str(), what.tenant.c_str(), 0) == 0)) {
      return each.codec;
    }
  }
  return setup_.settings->codec.policy;
}

void shard_state::choose_codec() {
  codec_ = codec_wanted();
  if (codec_ == "raw") {
    to_encode_.clear();
  }
}

void shard_state::take_encoders(const encoder_actor& quantizer, const encoder_actor& compressor) {
  setup_.quantizer = quantizer;
  setup_.compressor = compressor;
}

void shard_state::remember_fresh(const core::access_batch& events) {
  if (codec_ == "raw") {
    return;
  }
  for (const auto& each : events.inserted) {
    for (std::uint16_t part = 0; part < core->shape().parts; ++part) {
      if (to_encode_.size() < setup_.settings->codec.queue) {
        to_encode_.push_back({each.block, part});
      } else {
        core->counters().recodes_dropped.add();
      }
    }
  }
  encode_next();
}

void shard_state::encode_next() {
  while (encoding_ < most_encoding && !to_encode_.empty()) {
    const auto next = to_encode_.front();
    to_encode_.pop_front();
    const auto job = core->begin_recode(next.block, next.part);
    if (!job) {
      continue;  // it has gone already
    }
    ++encoding_;
    const auto by = gpu::find_scheme(codec_);
    const auto& encoder =
      by && by->by == gpu::family::quantizer ? setup_.quantizer : setup_.compressor;
    self
      ->request(encoder, caf::infinite, encode_atom::value,
                encode_job{codec_, core->shape(), job->first_token, job->raw, job->keep})
      .then(
        [this, job = *job](const core::result<encoded_block>& done) {
          if (done) {
            place_encoded(job, *done);
          } else {
            end_encoding(job, nullptr);
          }
        },
        [this, job = *job](const caf::error&) { end_encoding(job, nullptr); });
  }
}

void shard_state::place_encoded(const core::recode_job& job, const encoded_block& done) {
  const auto length = static_cast<std::uint32_t>(done.bytes->size());
  auto& queued = setup_.counters->copy_queue_bytes;
  const auto to = core->place_recoded(job, {done.codec, length, done.error_bound});
  if (!to
      || queued.load(std::memory_order_relaxed) + length
           > setup_.settings->limits.copy_queue_bytes) {
    end_encoding(job, to ? &*to : nullptr);
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
      [this, job, to = *to](const std::vector<std::uint64_t>& checksums) {
        if (core->finish_recode(job, to, checksums.front()) != core::errc::ok) {
          core->counters().recodes_dropped.add();
        }
        encoded_one();
      },
      [this, job, to = *to](const caf::error&) { end_encoding(job, &to); });
}

void shard_state::end_encoding(const core::recode_job& job, const core::write_job* to) {
  core->cancel_recode(job, to);
  core->counters().recodes_dropped.add();
  encoded_one();
}

void shard_state::encoded_one() {
  --encoding_;
  retry_waiting();  // a slot may have become free
  after_request();
  encode_next();
}

}  // namespace cellard::actors
