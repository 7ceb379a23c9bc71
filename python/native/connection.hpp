// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Who owns what the C library returns. A stage holds its space, a space holds its connection, so
// each is freed before the one it came from; a call in flight and every view hold what they use, so
// nothing is freed under them. Closing a cache drops the Python objects' references only.
//
// After fork the child frees nothing: the library's locks and mappings are the parent's (the
// mappings are not even there).
#pragma once

#include <unistd.h>

#include <functional>
#include <memory>
#include <utility>

#include "cellard/client.h"

namespace cellard::python {

/// Frees `raw` without the GIL (the library may be waiting for the daemon), unless the process
/// forked since `owner`.
void free_in_owner(pid_t owner, const std::function<void()>& free) noexcept;

/// Raises cellard.Forked in a child of `owner`.
void check_owner(pid_t owner);

/// A handle of the C library and how it is freed.
template <class Raw, void (*Free)(Raw*), class Parent>
class handle {
public:
  handle(Raw* raw, std::shared_ptr<Parent> parent) : raw_(raw), parent_(std::move(parent)) {}
  ~handle() {
    free_in_owner(owner_, [this] { Free(raw_); });
  }
  handle(const handle&) = delete;
  handle& operator=(const handle&) = delete;

  /// Raises cellard.Forked after fork.
  [[nodiscard]] Raw* get() const {
    check_owner(owner_);
    return raw_;
  }
  [[nodiscard]] const std::shared_ptr<Parent>& parent() const noexcept { return parent_; }

private:
  Raw* raw_;
  std::shared_ptr<Parent> parent_;
  pid_t owner_ = getpid();
};

using connection = handle<cellard_client, cellard_close, void>;
using space_handle = handle<cellard_space, cellard_space_close, connection>;
using stage_handle = handle<cellard_stage, cellard_stage_free, space_handle>;
using queue_handle = handle<cellard_async, cellard_async_close, connection>;
using lease_handle = handle<cellard_blocks, cellard_blocks_free, void>;

/// What a Python object holds: a handle that can be dropped early. Touched with the GIL held only.
template <class Handle>
class slot {
public:
  explicit slot(std::shared_ptr<Handle> held) : held_(std::move(held)) {}

  /// The handle, or a ValueError saying that `what` ended.
  [[nodiscard]] std::shared_ptr<Handle> use(const char* what) const;
  [[nodiscard]] bool empty() const noexcept { return held_ == nullptr; }
  void drop() noexcept { std::exchange(held_, nullptr).reset(); }

private:
  std::shared_ptr<Handle> held_;
};

}  // namespace cellard::python
