// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Removal with the bytes overwritten. The housekeeper writes, since a block may be large; until it
// has, the slots stay taken, so that nothing of the next block is hit.
#include "actors/shard.hpp"

namespace cellard::actors {

caf::result<core::removal> shard_state::scrub(const chain_call& call) {
  reply<core::removal> answer(self->make_response_promise<core::removal>(), core::removal{});
  take_back(call);
  const auto gone = core->scrub(call.salt, call.request().keys);
  overwrite(core->take_scrubs(), [answer, gone]() mutable { answer.deliver(gone); });
  after_request();
  return caf::delegated<core::removal>{};
}

void shard_state::overwrite(std::vector<core::scrub_job> jobs, std::function<void()> then) {
  if (jobs.empty()) {
    if (then) {
      then();
    }
    return;
  }
  auto done = [this, jobs, then = std::move(then)] {
    core->scrubbed(jobs);
    if (then) {
      then();
    }
    retry_waiting();
    after_request();
  };
  // Without a housekeeper the daemon is ending, and all memory goes with it.
  self->request(setup_.housekeeper, caf::infinite, scrub_atom::value, std::move(jobs))
    .then([done](std::uint32_t) { done(); }, [done](const caf::error&) { done(); });
}

}  // namespace cellard::actors
