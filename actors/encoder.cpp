// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "actors/encoder.hpp"

#include "gpu/host/codecs.hpp"
#include "gpu/numbers.hpp"

#include <algorithm>
#include <chrono>
#include <exception>

namespace cellard::actors {
namespace {

float share_of(config::percent from) {
  return static_cast<float>(from.of(1'000'000)) / 1e6F;
}

gpu::encode_options options_of(const config::codec_settings& from) {
  gpu::encode_options options;
  options.first_raw = from.first_raw;
  options.last_raw = from.last_raw;
  options.key_error = share_of(from.key_error);
  options.value_error = share_of(from.value_error);
  return options;
}

std::size_t raw_bytes(const encode_job& job) {
  return job.codec == 0 ? job.bytes.size() : job.shape.block_bytes();
}

std::uint32_t half_bits(float error) {
  constexpr float largest = 65504;
  constexpr std::uint32_t infinite = 0x7c00;
  return error <= largest ? gpu::float_to_f16_up(error) : infinite;
}

}  // namespace

caf::result<encoder_state::answer> encoder_state::encode(const encode_job& job) {
  if (queue_.size() >= settings_->codec.queue) {
    return answer{core::fail(core::errc::busy, "encode: codec.queue ({}) blocks wait already",
                             settings_->codec.queue)};
  }
  queue_.push_back({job, reply<answer>(self->make_response_promise<answer>(),
                                       core::fail(core::errc::shutting_down, "encode: ending"))});
  next();
  return caf::delegated<answer>{};
}

void encoder_state::next() {
  if (resting_ || queue_.empty()) {
    return;
  }
  const auto first = std::move(queue_.front());
  queue_.pop_front();
  const auto begin = std::chrono::steady_clock::now();
  auto done = work(first.job);
  const auto took = std::chrono::steady_clock::now() - begin;
  auto to = first.to;
  to.deliver(std::move(done));
  // Others that came meanwhile are in the mailbox: they are looked at before the next block.
  const double share = share_of(settings_->codec.cpu);
  const auto rest = std::chrono::duration_cast<std::chrono::microseconds>(took * (1 / share - 1));
  resting_ = true;
  if (rest.count() > 0) {
    self->delayed_send(self, rest, tick_atom::value);
  } else {
    self->send(self, tick_atom::value);
  }
}

void encoder_state::rested() {
  resting_ = false;
  next();
}

core::result<gpu::container_codec*> encoder_state::codec_of(const std::string& scheme) {
  auto& known = codecs_[scheme];
  if (!known) {
    const auto by = gpu::find_scheme(scheme);
    CELLARD_TRY(by);
    known = std::make_unique<gpu::container_codec>(gpu::host::best_codecs(), *by,
                                                   options_of(settings_->codec));
  }
  return known.get();
}

/// A block for which there is no memory stays raw; it is no reason to end.
encoder_state::answer encoder_state::work(const encode_job& job) {
  try {
    return encoded(job);
  } catch (const std::exception& why) {  // bad_alloc, length_error
    return core::fail(core::errc::out_of_memory, "encode: no memory for a block of {} bytes: {}",
                      job.bytes.size(), why.what());
  }
}

encoder_state::answer encoder_state::encoded(const encode_job& job) {
  const auto codec = codec_of(job.scheme);
  CELLARD_TRY(codec);
  auto out = std::make_shared<std::vector<std::byte>>(
    (*codec)->most_encoded_bytes(job.shape, raw_bytes(job)));
  const auto bytes = job.codec == 0 ? (*codec)->encode(job.shape, job.first_token, job.bytes, *out)
                                    : (*codec)->encode_again(job.shape, job.bytes, *out);
  CELLARD_TRY(bytes);
  out->resize(*bytes);
  const auto& report = (*codec)->report();
  return encoded_block{std::move(out), (*codec)->number(),
                       half_bits(report.key_error) | half_bits(report.value_error) << 16};
}

void encoder_state::apply(const config::snapshot& fresh) {
  settings_ = fresh;
  codecs_.clear();
}

encoder_actor::behavior_type encoder(encoder_actor::stateful_pointer<encoder_state> self,
                                     const config::snapshot& settings) {
  auto& state = self->state;
  state.apply(settings);
  return {
    [&state](encode_atom, const encode_job& job) { return state.encode(job); },
    [&state](tick_atom) { state.rested(); },
    [&state](apply_atom, const config::snapshot& fresh) { state.apply(fresh); },
  };
}

}  // namespace cellard::actors
