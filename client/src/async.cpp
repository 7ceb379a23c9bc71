// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "client/src/async.hpp"

#include <algorithm>
#include <limits>

namespace cellard::library {

using core::errc;
using core::error;
using core::fail;
using core::ok_t;

async_queue::async_queue(endpoint where, wake descriptor, std::size_t depth)
  : where_(std::move(where)),
    depth_(depth),
    wake_(std::move(descriptor)),
    backoff_(backoff::seed_of(this)) {
}

core::result<ok_t> async_queue::has_room() const {
  if (waiting_.size() + flying_.size() + done_.size() >= depth_) {
    return fail(errc::busy,
                "{} submissions wait for their completion to be polled, which is the limit; poll, "
                "or raise cellard_async_options.depth",
                depth_);
  }
  return ok_t{};
}

core::result<ok_t> async_queue::submit(std::unique_ptr<job> work, std::uint64_t tag,
                                       std::uint32_t op, std::chrono::milliseconds limit) {
  CELLARD_TRY(owned());
  const std::lock_guard guard{mutex_};
  CELLARD_TRY(has_room());
  if (link_ != nullptr && flying_.empty() && link_->hung_up(deadline::clock::now())) {
    lose({errc::unavailable, "the daemon closed the connection"});
    drop_if_lost();  // before the new one comes in, which connects anew
  }
  const auto& space = work->shared_space();
  spaces_.insert_or_assign(space->id, space);
  waiting_.push_back({std::move(work), tag, op, deadline{limit}, std::nullopt, std::nullopt});
  ends_.insert(waiting_.back().until.at());
  turn();
  return ok_t{};
}

core::result<ok_t> async_queue::complete(completion done) {
  CELLARD_TRY(owned());
  const std::lock_guard guard{mutex_};
  CELLARD_TRY(has_room());
  done_.push_back(std::move(done));
  arm();
  return ok_t{};
}

core::result<std::vector<completion>> async_queue::poll(std::size_t room) {
  CELLARD_TRY(owned());
  std::vector<completion> taken;
  const std::lock_guard guard{mutex_};
  receive(room);
  turn();
  while (taken.size() < room && !done_.empty()) {
    taken.push_back(std::move(done_.front()));
    done_.pop_front();
  }
  arm();
  return taken;
}

/// All that there is to do now, but for taking replies.
void async_queue::turn() {
  // What has been answered in time is not late because nobody polled.
  if (!ends_.empty() && *ends_.begin() <= deadline::clock::now()) {
    receive(std::numeric_limits<std::size_t>::max());
  }
  expire();
  if (!waiting_.empty() && link_ == nullptr) {
    connect();
  }
  if (link_ != nullptr && link_->greeted()) {
    if (returned_.waiting() < many_leases) {
      link_->collect(returned_);
    } else {
      link_->send_releases(returned_);
    }
    close_unused_spaces();
    start_waiting();
  }
  drop_if_lost();
  arm();
}

void async_queue::connect() {
  const auto now = deadline::clock::now();
  if (!backoff_.due(now)) {
    const auto pause = std::chrono::duration_cast<std::chrono::milliseconds>(backoff_.next() - now);
    drop({errc::unavailable, fmt::format("no daemon at {}; the next attempt is due in {} ms",
                                         where_.sockets.front(), pause.count())});
    return;
  }
  auto made = connection::begin(where_.sockets, where_.client_name, epoch_ + 1);
  if (made) {
    if (auto watched = wake_.watch((*made)->socket(), false); !watched) {
      made = tl::unexpected<error>(std::move(watched).error());
    }
  }
  if (!made) {
    backoff_.failed(now);
    drop(made.error());
    return;
  }
  link_ = std::move(*made);
  ++epoch_;
}

/// Takes replies until `room` completions wait.
void async_queue::receive(std::size_t room) {
  while (link_ != nullptr && !link_->lost() && done_.size() < room) {
    auto reply = link_->receive_now();
    if (!reply) {
      lose(std::move(reply).error());
    } else if (*reply) {
      take(**reply);
    } else {
      break;
    }
  }
  drop_if_lost();
}

void async_queue::take(const answer& reply) {
  const auto found = flights_.find(reply.frame.header.request_id);
  if (found == flights_.end()) {
    const auto taken = link_->greeted() ? link_->take_late(reply) : link_->take_hello(reply);
    if (!taken) {
      lose(taken.error());
    }
    return;
  }
  const auto at = found->second;
  const auto op = static_cast<std::uint16_t>(at->flight->op);
  flights_.erase(found);
  at->flight.reset();
  waiting_.splice(waiting_.begin(), flying_, at);  // what has begun goes on first
  if (reply.frame.header.op != (op | protocol::reply_bit)) {
    lose({errc::bad_frame,
          fmt::format("the reply to opcode {} has the opcode {}", op, reply.frame.header.op)});
    return;
  }
  link_->keep_unfinished(reply, at->work->kept());
  auto taken = at->work->take(*link_, reply);
  if (!taken && link_->lost()) {
    lose(std::move(taken).error());
  } else if (!taken || *taken) {
    end(waiting_, at, taken ? error{errc::ok, {}} : std::move(taken).error());
  }
}

/// Deadlines. Those that pass together count as one timeout of the connection.
void async_queue::expire() {
  const auto now = deadline::clock::now();
  if (ends_.empty() || *ends_.begin() > now) {
    return;
  }
  const bool flew = end_late(flying_, now);
  const bool waited = end_late(waiting_, now);
  if (link_ != nullptr && (flew || (waited && (!link_->greeted() || link_->owed() > 0)))) {
    link_->missed();
    loss_ = {errc::timed_out, "the daemon left two requests in a row without an answer"};
  }
  drop_if_lost();
}

/// True when there was one.
bool async_queue::end_late(entries& list, moment now) {
  bool any = false;
  for (auto at = list.begin(); at != list.end();) {
    const auto each = at++;
    if (each->until.at() > now) {
      continue;
    }
    any = true;
    if (each->flight) {
      flights_.erase(each->flight->id);
      link_->abandon(*each->flight, each->work->space().id, each->work->kept());
    }
    end(list, each,
        {errc::timed_out, "the daemon did not answer within the submission's deadline; see "
                          "cellard_submission.deadline_ms"});
  }
  return any;
}

void async_queue::steps::add(const job& work) {
  if (work.at() == job::step::opening) {
    opening.push_back(work.space().id);
  }
  staging = staging || work.at() == job::step::staging;
}

async_queue::steps async_queue::steps_taken() const {
  steps taken;
  taken.staging = !link_->staging_settled();
  for (const auto* list : {&waiting_, &flying_}) {
    for (const auto& each : *list) {
      taken.add(*each.work);
    }
  }
  return taken;
}

/// Sends what can be sent, in the order of submission, past what waits for another job.
void async_queue::start_waiting() {
  full_ = false;
  const std::size_t credits = std::max<std::size_t>(link_->server().requests, 1);
  auto others = steps_taken();
  for (auto at = waiting_.begin(); at != waiting_.end() && !full_ && !link_->lost()
                                   && flying_.size() + link_->owed() < credits;) {
    const auto each = at++;
    if (start(each, others)) {
      flying_.splice(flying_.end(), waiting_, each);
    }
  }
}

bool async_queue::start(entries::iterator at, steps& others) {
  if (!at->ready) {
    const bool opening =
      std::find(others.opening.begin(), others.opening.end(), at->work->space().id)
      != others.opening.end();
    auto next = at->work->next(*link_, {opening, others.staging});
    if (!next) {
      end(waiting_, at, std::move(next).error());
      return false;
    }
    if (!*next) {
      return false;
    }
    at->ready = std::move(*next);
    others.add(*at->work);
  }
  const auto sent = link_->start(*at->ready, at->until);
  if (!sent) {
    lose(sent.error());
    return false;
  }
  full_ = !*sent;
  if (full_) {
    return false;
  }
  at->ready.reset();
  at->flight = *sent;
  flights_[at->flight->id] = at;
  return true;
}

/// Namespaces that the caller has closed and no job uses any more.
void async_queue::close_unused_spaces() {
  std::erase_if(spaces_, [&](const auto& known) {
    if (!known.second.expired()) {
      return false;
    }
    if (const auto opened = link_->spaces.find(known.first); opened != link_->spaces.end()) {
      link_->post(protocol::close_request{opened->second.handle});
      link_->spaces.erase(opened);
    }
    return true;
  });
}

void async_queue::lose(error why) {
  loss_ = std::move(why);
  static_cast<void>(link_->lose(loss_));
}

void async_queue::end(entries& list, entries::iterator at, error how) {
  ends_.erase(ends_.find(at->until.at()));
  auto outcome = at->work->finish(how.code());
  done_.push_back({at->tag, at->op, std::move(how), std::move(outcome)});
  list.erase(at);
}

void async_queue::drop_if_lost() {
  if (link_ != nullptr && link_->lost()) {
    forget_link();
    drop(loss_);
  }
}

/// How the connection went decides when the next attempt is due.
void async_queue::forget_link() {
  if (link_->answered() && !link_->slow()) {
    backoff_.succeeded();
  } else {
    backoff_.failed(deadline::clock::now());
  }
  wake_.forget(link_->socket());
  link_ = nullptr;
  full_ = false;
}

/// Ends all jobs: nothing that they asked for will be answered.
void async_queue::drop(const error& why) {
  flights_.clear();
  waiting_.splice(waiting_.begin(), flying_);
  while (!waiting_.empty()) {
    end(waiting_, waiting_.begin(), why);
  }
}

/// When poll has something to do again.
void async_queue::arm() {
  wake_.set_ready(!done_.empty());
  wake_.wake_at(ends_.empty() ? std::nullopt : std::optional{*ends_.begin()});
  if (link_ != nullptr) {
    static_cast<void>(wake_.watch(link_->socket(), full_));
  }
}

void async_queue::close() {
  if (inherited()) {
    // As in client_state::close: the parent's threads may have been anywhere.
    if (auto* parents = link_.release(); parents != nullptr) {
      parents->close_socket();
    }
    wake_.close();
    return;
  }
  const std::lock_guard guard{mutex_};
  if (link_ != nullptr) {
    forget_link();
  }
  drop({errc::not_open, "the queue was closed"});
  done_.clear();
  wake_.close();
}

}  // namespace cellard::library
