// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The quantizer and the compressor: one actor each, made of the same code, since all that differs
// is whose schemes a shard sends where. Encodes one block after the other and rests in between as
// codec.cpu says; requests never wait for it, because nothing that a client is waiting for is sent
// here (docs/adr/0031). Owns: its codecs, their scratch memory and a queue bounded by codec.queue.
// Runs on: a thread of its own (detached). Answers: each job, at the latest when it ends. Ends:
// when told to exit.
#pragma once

#include "actors/handles.hpp"
#include "actors/reply.hpp"
#include "gpu/container_codec.hpp"

#include <deque>
#include <map>
#include <memory>

namespace cellard::actors {

class encoder_state {
public:
  explicit encoder_state(encoder_actor::pointer me) : self(me) {}

  static constexpr const char* name = "encoder";

  using answer = core::result<encoded_block>;

  caf::result<answer> encode(const encode_job& job);
  void rested();
  void apply(const config::snapshot& fresh);

  encoder_actor::pointer self;

private:
  struct waiting {
    encode_job job;
    reply<answer> to;
  };

  void next();
  answer work(const encode_job& job);
  answer encoded(const encode_job& job);
  core::result<gpu::container_codec*> codec_of(const std::string& scheme);

  config::snapshot settings_;
  std::map<std::string, std::unique_ptr<gpu::container_codec>>
    codecs_;  ///< as settings_ wants them
  std::deque<waiting> queue_;
  bool resting_ = false;
};

encoder_actor::behavior_type encoder(encoder_actor::stateful_pointer<encoder_state> self,
                                     const config::snapshot& settings);

}  // namespace cellard::actors
