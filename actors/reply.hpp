// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// A promise to answer that cannot be forgotten. CAF 0.17 never answers when a response promise is
// dropped or its actor quits; a `reply` answers with `otherwise` when its last copy dies. Lives in
// the state of the actor that made it, or in a handler's capture; used on that actor's turns.
#pragma once

#include <caf/typed_response_promise.hpp>

#include <memory>
#include <utility>

namespace cellard::actors {

template <class T>
class reply {
public:
  reply(caf::typed_response_promise<T> promise, T otherwise)
    : guard_(std::make_shared<guard>(std::move(promise), std::move(otherwise))) {}

  /// The answer. Later calls are ignored.
  void deliver(T value) {
    if (guard_->promise.pending()) {
      guard_->promise.deliver(std::move(value));
    }
  }

private:
  struct guard {
    guard(caf::typed_response_promise<T> open, T fallback)
      : promise(std::move(open)),
        otherwise(std::move(fallback)) {}
    guard(const guard&) = delete;
    guard& operator=(const guard&) = delete;
    ~guard() {
      if (promise.pending()) {
        promise.deliver(std::move(otherwise));
      }
    }
    caf::typed_response_promise<T> promise;
    T otherwise;
  };

  std::shared_ptr<guard> guard_;
};

}  // namespace cellard::actors
