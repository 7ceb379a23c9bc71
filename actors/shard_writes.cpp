// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// reserve, put, commit, abort: from tickets to published blocks.
#include "actors/shard.hpp"
#include "core/checked_copy.hpp"

namespace cellard::actors {
namespace {

// docs/adr/0008: up to this much of one request is copied in the shard's own turn.
constexpr std::uint64_t inline_copy_bytes = 64 * 1024;

const core::block_key* parent_of(const std::optional<core::block_key>& parent) {
  return parent ? &*parent : nullptr;
}

}  // namespace

std::vector<core::reservation> shard_state::reserve(const write_call& call) {
  const auto& request = std::get<protocol::reserve_request>(call.from->body);
  auto answers = core->reserve(call.who, call.salt, parent_of(request.parent), request.keys,
                               std::chrono::steady_clock::now());
  after_request();
  return answers;
}

caf::result<std::vector<core::errc>> shard_state::put(const write_call& call) {
  const auto& request = std::get<protocol::put_request>(call.from->body);
  std::vector<core::block_key> keys;
  keys.reserve(request.entries.size());
  for (const auto& each : request.entries) {
    keys.push_back(each.key);
  }
  const auto tickets = core->reserve(call.who, call.salt, parent_of(request.parent), keys,
                                     std::chrono::steady_clock::now());
  auto of = std::make_shared<batch>(
    reply<std::vector<core::errc>>(self->make_response_promise<std::vector<core::errc>>(),
                                   std::vector<core::errc>(keys.size(), core::errc::shutting_down)),
    keys.size(), call.staging);
  std::vector<entry> entries;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const entry what{of,
                     i,
                     call.who.session,
                     tickets[i].ticket,
                     request.entries[i].offset,
                     request.entries[i].length};
    if (tickets[i].status == core::errc::ok) {
      entries.push_back(what);
    } else {
      settle(what, tickets[i].status);
    }
  }
  return write(entries);
}

caf::result<std::vector<core::errc>> shard_state::commit(const write_call& call) {
  const auto& request = std::get<protocol::commit_request>(call.from->body);
  const auto count = request.entries.size();
  auto of = std::make_shared<batch>(
    reply<std::vector<core::errc>>(self->make_response_promise<std::vector<core::errc>>(),
                                   std::vector<core::errc>(count, core::errc::shutting_down)),
    count, call.staging);
  std::vector<entry> entries;
  entries.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto& each = request.entries[i];
    entries.push_back({of, i, call.who.session, each.ticket, each.offset, each.length});
  }
  return write(entries);
}

caf::result<std::vector<core::errc>> shard_state::write(const std::vector<entry>& entries) {
  std::vector<started> jobs;
  std::uint64_t bytes = 0;
  for (const entry& what : entries) {
    // Behind others that wait for room, so that nobody overtakes for ever.
    if (!waiting_.empty()) {
      waiting_.push_back(what);
    } else if (start_entry(what, jobs)) {
      bytes += what.length;
    }
  }
  if (bytes <= inline_copy_bytes) {
    copy_here(jobs);
  } else {
    copy_by_worker(std::move(jobs));
  }
  after_request();
  run_ahead();
  if (!waiting_.empty()) {
    make_room();
  }
  return caf::delegated<std::vector<core::errc>>{};
}

bool shard_state::start_entry(const entry& what, std::vector<started>& jobs) {
  auto job = core->begin(what.who, what.ticket, what.length);
  if (job) {
    jobs.push_back({what, std::move(*job)});
    return true;
  }
  if (job.error().code() == core::errc::busy) {
    waiting_.push_back(what);
  } else {
    core->abort(what.who, what.ticket);
    settle(what, job.error().code());
  }
  return false;
}

void shard_state::copy_here(const std::vector<started>& jobs) {
  for (const started& each : jobs) {
    const auto* from = each.from.of->staging->memory().data().data() + each.from.offset;
    finish(each, core::checked_copy(each.job.to, from, each.from.length));
  }
}

void shard_state::copy_by_worker(std::vector<started> jobs) {
  copy_batch work;
  const auto& source = jobs.front().from.of->staging;
  work.source = source;
  for (const started& each : jobs) {
    work.jobs.push_back(
      {source->memory().data().data() + each.from.offset, each.job.to, each.from.length});
    work.bytes += each.from.length;
    if (work.targets.empty() || work.targets.back() != each.job.keep) {
      work.targets.push_back(each.job.keep);
    }
  }
  auto& queued = setup_.counters->copy_queue_bytes;
  if (queued.fetch_add(work.bytes, std::memory_order_relaxed) + work.bytes
      > setup_.settings->limits.copy_queue_bytes) {
    queued.fetch_sub(work.bytes, std::memory_order_relaxed);
    for (const started& each : jobs) {
      core->cancel(each.job);
      settle(each.from, core::errc::busy);
    }
    return;
  }
  const auto& copier = setup_.copiers[next_worker_++ % setup_.copiers.size()];
  auto pending = std::make_shared<std::vector<started>>(std::move(jobs));
  self->request(copier, caf::infinite, copy_atom::value, std::move(work))
    .then(
      [this, pending](const std::vector<std::uint64_t>& checksums) {
        for (std::size_t i = 0; i < pending->size(); ++i) {
          finish((*pending)[i], checksums[i]);
        }
        retry_waiting();
        after_request();
      },
      [this, pending](const caf::error&) {
        for (const started& each : *pending) {
          core->cancel(each.job);
          settle(each.from, core::errc::shutting_down);
        }
        after_request();
      });
}

void shard_state::finish(const started& done, std::uint64_t checksum) {
  settle(done.from, core->finish(done.job, checksum, std::chrono::steady_clock::now()));
}

void shard_state::settle(const entry& what, core::errc status) {
  batch& of = *what.of;
  of.statuses[what.index] = status;
  if (--of.left == 0) {
    of.answer.deliver(std::move(of.statuses));
  }
}

std::uint32_t shard_state::abort(const write_call& call) {
  const auto& request = std::get<protocol::abort_request>(call.from->body);
  std::uint32_t aborted = 0;
  for (const auto ticket : request.tickets) {
    aborted += core->abort(call.who.session, ticket) ? 1U : 0U;
  }
  after_request();
  return aborted;
}

void shard_state::retry_waiting() {
  std::deque<entry> again;
  again.swap(waiting_);
  while (!again.empty()) {
    const entry what = again.front();
    again.pop_front();
    std::vector<started> jobs;
    start_entry(what, jobs);
    if (!jobs.empty()) {
      copy_by_worker(std::move(jobs));
    } else if (!waiting_.empty()) {
      waiting_.insert(waiting_.end(), again.begin(), again.end());
      break;
    }
  }
  if (!waiting_.empty()) {
    make_room();
  }
}

void shard_state::refuse_waiting() {
  std::deque<entry> late;
  late.swap(waiting_);
  for (const entry& what : late) {
    core->abort(what.who, what.ticket);
    settle(what, core::errc::busy);
  }
  after_request();
}

}  // namespace cellard::actors
