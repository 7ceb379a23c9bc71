// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The C interface: submissions and completions.
#include "client/src/abi.hpp"
#include "client/src/async.hpp"
#include "client/src/put.hpp"

#include <chrono>
#include <deque>
#include <optional>

using cellard::core::errc;
using cellard::library::async_queue;
using cellard::library::check_lengths;
using cellard::library::completed;
using cellard::library::completion;
using cellard::library::guarded;
using cellard::library::job;
using cellard::library::keys_of;
using cellard::library::make_count_job;
using cellard::library::make_get_job;
using cellard::library::make_match_job;
using cellard::library::make_put_job;
using cellard::library::missing;
using cellard::library::report;
using cellard::library::status_of;
using cellard::library::wake;
namespace core = cellard::core;
namespace protocol = cellard::protocol;

struct cellard_async {
  std::shared_ptr<async_queue> queue;
  std::shared_ptr<cellard::library::client_state> client;
};

namespace {

constexpr std::size_t usual_depth = 1024;

protocol::opcode opcode_of(std::uint32_t op) noexcept {
  switch (op) {
  case CELLARD_OP_TOUCH:
    return protocol::opcode::touch;
  case CELLARD_OP_PREFETCH:
    return protocol::opcode::prefetch;
  case CELLARD_OP_REMOVE:
    return protocol::opcode::remove;
  case CELLARD_OP_PIN:
    return protocol::opcode::pin;
  case CELLARD_OP_UNPIN:
    return protocol::opcode::unpin;
  default:
    return protocol::opcode::lookup;
  }
}

cellard::library::put_request put_of(const cellard_submission& wanted) {
  return {wanted.parent == nullptr ? std::nullopt : std::optional{keys_of(wanted.parent, 1)[0]},
          keys_of(wanted.keys, wanted.count),
          {wanted.buffers, wanted.count * wanted.buffers_per_block},
          wanted.buffers_per_block};
}

bool lacks_buffers(const cellard_submission& wanted) noexcept {
  if (wanted.buffers == nullptr || wanted.buffers_per_block == 0
      || wanted.count > SIZE_MAX / wanted.buffers_per_block) {
    return true;
  }
  return std::any_of(
    wanted.buffers, wanted.buffers + wanted.count * wanted.buffers_per_block,
    [](const auto& buffer) { return buffer.data == nullptr && buffer.length > 0; });
}

core::result<std::unique_ptr<job>> job_of(const cellard_async& async,
                                          const cellard_submission& wanted) {
  const auto& space = wanted.space->state;
  const auto keys = keys_of(wanted.keys, wanted.count);
  switch (wanted.op) {
  case CELLARD_OP_GET:
    return make_get_job(space, keys, async.queue);
  case CELLARD_OP_PUT: {
    const auto put = put_of(wanted);
    CELLARD_TRY(check_lengths(*space, lengths_of(put)));
    return make_put_job(space, put, wanted.statuses);
  }
  case CELLARD_OP_REMOVE:
  case CELLARD_OP_PIN:
  case CELLARD_OP_UNPIN:
    return make_count_job(space, opcode_of(wanted.op), keys,
                          wanted.op == CELLARD_OP_PIN ? wanted.for_ms : 0);
  default:
    return make_match_job(space, opcode_of(wanted.op), keys);
  }
}

/// What CELLARD_DISABLE makes of it, or a list of no keys.
completion nothing_done(const cellard_submission& wanted) {
  if (wanted.op == CELLARD_OP_PUT && wanted.statuses != nullptr) {
    std::fill_n(wanted.statuses, wanted.count, +CELLARD_UNAVAILABLE);
  }
  completion done;
  done.tag = wanted.tag;
  done.op = wanted.op;
  return done;
}

int submit(const cellard_async& async, const cellard_submission& wanted) {
  const auto& client = *async.client;
  if (wanted.space->state->client != async.client) {
    return missing("cellard_async_submit: the space was opened over another client");
  }
  if (const auto usable = client.usable(); !usable) {
    return report(usable.error());
  }
  if (wanted.count == 0 || client.disabled()) {
    return status_of(async.queue->complete(nothing_done(wanted)));
  }
  auto work = job_of(async, wanted);
  if (!work) {
    return report(work.error());
  }
  const auto limit = wanted.deadline_ms == 0 ? client.where().deadline
                                             : std::chrono::milliseconds{wanted.deadline_ms};
  return status_of(async.queue->submit(std::move(*work), wanted.tag, wanted.op, limit));
}

/// The sentences live until the thread polls again.
cellard_completion written(completion done, std::deque<std::string>& sentences) {
  cellard_completion out{};
  out.tag = done.tag;
  out.op = done.op;
  out.status = static_cast<int>(done.how.code());
  out.matched = done.outcome.match.matched;
  out.ready = done.outcome.match.ready;
  out.loading = done.outcome.match.loading;
  out.count = done.outcome.count;
  sentences.push_back(done.how.context());
  out.message = sentences.back().c_str();
  if (done.op == CELLARD_OP_GET && out.status == CELLARD_OK) {
    out.blocks = new cellard_blocks{std::move(done.outcome.blocks)};
  }
  return out;
}

}  // namespace

int cellard_async_open(cellard_client* client, const cellard_async_options* options,
                       cellard_async** async) {
  return guarded([&]() -> int {
    if (client == nullptr || async == nullptr
        || (options != nullptr && options->size < sizeof options->size)) {
      return missing("cellard_async_open: client or async is NULL, or options->size is not set "
                     "(CELLARD_ASYNC_OPTIONS_INIT sets it)");
    }
    *async = nullptr;
    const cellard_async_options defaults CELLARD_ASYNC_OPTIONS_INIT;
    const auto wanted = options == nullptr ? defaults : completed(*options, defaults);
    if (const auto usable = client->state->usable(); !usable) {
      return report(usable.error());
    }
    auto descriptor = wake::make();
    if (!descriptor) {
      return report(descriptor.error());
    }
    auto queue =
      std::make_shared<async_queue>(client->state->where(), std::move(*descriptor),
                                    wanted.depth == 0 ? usual_depth : std::size_t{wanted.depth});
    *async = new cellard_async{std::move(queue), client->state};
    return CELLARD_OK;
  });
}

void cellard_async_close(cellard_async* async) {
  if (async != nullptr) {
    guarded([&] {
      async->queue->close();
      return 0;
    });
    delete async;
  }
}

int cellard_async_fd(const cellard_async* async) {
  return async == nullptr ? -1 : async->queue->number();
}

int cellard_async_submit(cellard_async* async, const cellard_submission* submission) {
  return guarded([&]() -> int {
    if (async == nullptr || submission == nullptr || submission->size < sizeof submission->size) {
      return missing("cellard_async_submit: async or submission is NULL, or submission->size is "
                     "not set (CELLARD_SUBMISSION_INIT sets it)");
    }
    const cellard_submission defaults CELLARD_SUBMISSION_INIT;
    const auto wanted = completed(*submission, defaults);
    if (wanted.op < CELLARD_OP_LOOKUP || wanted.op > CELLARD_OP_UNPIN) {
      return missing("cellard_async_submit: op is no cellard_op");
    }
    if (wanted.space == nullptr || (wanted.keys == nullptr && wanted.count > 0)
        || (wanted.op == CELLARD_OP_PUT && wanted.count > 0 && lacks_buffers(wanted))) {
      return missing("cellard_async_submit: space, keys, buffers or a buffer's data is NULL, or "
                     "buffers_per_block is 0");
    }
    return submit(*async, wanted);
  });
}

int cellard_async_poll(cellard_async* async, cellard_completion* completions, size_t room,
                       size_t* count) {
  return guarded([&]() -> int {
    if (async == nullptr || completions == nullptr || room == 0 || count == nullptr) {
      return missing("cellard_async_poll: async, completions or count is NULL, or room is 0");
    }
    *count = 0;
    auto taken = async->queue->poll(room);
    if (!taken) {
      return report(taken.error());
    }
    thread_local std::deque<std::string> sentences;  // a deque does not move what it has
    sentences.clear();
    for (auto& done : *taken) {
      completions[(*count)++] = written(std::move(done), sentences);
    }
    return CELLARD_OK;
  });
}
