// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "actors/worker.hpp"

#include "core/checked_copy.hpp"

#include <fcntl.h>

#include <cstring>

namespace cellard::actors {

std::vector<std::uint64_t> worker_state::copy(const copy_batch& batch) {
  std::vector<std::uint64_t> checksums;
  checksums.reserve(batch.jobs.size());
  for (const copy_job& job : batch.jobs) {
    checksums.push_back(core::checked_copy(job.to, job.from, job.length));
  }
  counters->copy_queue_bytes.fetch_sub(batch.bytes, std::memory_order_relaxed);
  return checksums;
}

std::uint32_t worker_state::scrub(const std::vector<core::scrub_job>& jobs) {
  for (const core::scrub_job& job : jobs) {
    std::memset(job.bytes, 0, job.length);
  }
  return static_cast<std::uint32_t>(jobs.size());
}

std::uint64_t worker_state::populate(core::segment& memory, std::uint64_t from, std::uint64_t to) {
  return memory.populate(from, to) ? to : from;
}

void worker_state::punch(const core::segment& memory) {
  // A client's mapping would hold the pages for as long as it likes. Failure only delays that:
  // nothing to report.
  static_cast<void>(fallocate(memory.descriptor(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
                              static_cast<off_t>(memory.bytes())));
}

worker_actor::behavior_type worker(worker_actor::stateful_pointer<worker_state> self,
                                   std::shared_ptr<core::server_counters> counters) {
  auto& state = self->state;
  state.counters = std::move(counters);
  return {
    [&state](copy_atom, const copy_batch& batch) { return state.copy(batch); },
    [](corrupt_atom, const std::shared_ptr<core::segment>& memory, std::uint64_t offset,
       std::uint32_t length) { return core::checksum(memory->data().subspan(offset, length)); },
    [](scrub_atom, const std::vector<core::scrub_job>& jobs) { return worker_state::scrub(jobs); },
    [](populate_atom, const std::shared_ptr<core::segment>& memory, std::uint64_t from,
       std::uint64_t to) { return worker_state::populate(*memory, from, to); },
    [](punch_atom, const std::shared_ptr<core::segment>& memory) { worker_state::punch(*memory); },
  };
}

}  // namespace cellard::actors
