// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The asynchronous form of cellard/client.h for C++20, beside client.hpp: a queue that closes
// itself. Which threads may call what, and how long memory has to stay, stands in client.h.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "cellard/client.hpp"

namespace cellard {

/// The second form of the interface: submissions, and completions that a descriptor announces.
/// Closing it (its end) drops what has no completion yet.
class async {
public:
  explicit async(const client& over, std::uint32_t depth = 0) {
    cellard_async_options options CELLARD_ASYNC_OPTIONS_INIT;
    options.depth = depth;
    cellard_async* made = nullptr;
    check(cellard_async_open(over.handle(), &options, &made));
    handle_.reset(made);
  }

  /// For an event loop: readable while `poll` has something to do. Polled, never read.
  [[nodiscard]] int descriptor() const noexcept { return cellard_async_fd(handle_.get()); }

  /// lookup, touch, prefetch, get, remove, pin or unpin; the keys are copied. What else there is to
  /// say goes into `more`.
  void submit(cellard_op op, const space& in, std::span<const key> keys, std::uint64_t tag,
              cellard_submission more = CELLARD_SUBMISSION_INIT) const {
    more.op = op;
    more.tag = tag;
    more.space = in.handle();
    more.keys = keys.data();
    more.count = keys.size();
    check(cellard_async_submit(handle_.get(), &more));
  }

  /// The buffers' bytes and `statuses` (one a key, or empty) have to stay until the completion.
  void submit_put(const space& in, const key* parent, std::span<const key> keys,
                  std::span<const cellard_const_buffer> buffers, std::span<int> statuses,
                  std::uint64_t tag, cellard_submission more = CELLARD_SUBMISSION_INIT) const {
    more.parent = parent;
    more.buffers = buffers.data();
    more.buffers_per_block = keys.empty() ? 0 : buffers.size() / keys.size();
    more.statuses = statuses.empty() ? nullptr : statuses.data();
    submit(CELLARD_OP_PUT, in, keys, tag, more);
  }

  /// Fills as many as there are and fit. Their `blocks` are the caller's: `blocks{done.blocks}`.
  [[nodiscard]] std::span<cellard_completion> poll(std::span<cellard_completion> room) const {
    std::size_t count = 0;
    check(cellard_async_poll(handle_.get(), room.data(), room.size(), &count));
    return room.first(count);
  }

  /// For what this class leaves out. Not null.
  [[nodiscard]] cellard_async* handle() const noexcept { return handle_.get(); }

private:
  struct close_handle {
    void operator()(cellard_async* handle) const noexcept { cellard_async_close(handle); }
  };
  std::unique_ptr<cellard_async, close_handle> handle_;
};

}  // namespace cellard
