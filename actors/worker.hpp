// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// A codec worker: the only place that touches payload in bulk. Today it copies and checksums, makes
// pages present and gives them back; encoders join by the same messages. Owns: nothing between
// messages; each message carries shared references to the memory it is about. Runs on: a thread of
// its own (detached), so that it may take long. Several exist; shards deal jobs to them. Ends: when
// told to exit.
#pragma once

#include "actors/handles.hpp"
#include "core/server_counters.hpp"

#include <memory>

namespace cellard::actors {

struct worker_state {
  explicit worker_state(worker_actor::pointer me) : self(me) {}

  static constexpr const char* name = "worker";

  std::vector<std::uint64_t> copy(const copy_batch& batch);
  static std::uint32_t scrub(const std::vector<core::scrub_job>& jobs);
  static std::uint64_t populate(core::segment& memory, std::uint64_t from, std::uint64_t to);
  static void punch(const core::segment& memory);

  worker_actor::pointer self;
  std::shared_ptr<core::server_counters> counters;
};

worker_actor::behavior_type worker(worker_actor::stateful_pointer<worker_state> self,
                                   std::shared_ptr<core::server_counters> counters);

}  // namespace cellard::actors
