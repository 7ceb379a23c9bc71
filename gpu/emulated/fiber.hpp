// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// One emulated CUDA thread: a stack with an unmapped page under it, and the two switches, which
// tell the sanitizers where the stack is. Made once and used for many blocks: each resume() after
// the body has returned begins the body anew. Belongs to the OS thread that made it.
#pragma once

#include <functional>
#include <memory>

namespace cellard::gpu::emulated {

class fiber {
public:
  /// `body` lets no exception out.
  explicit fiber(std::function<void()> body);
  fiber(const fiber&) = delete;
  fiber& operator=(const fiber&) = delete;
  ~fiber();  ///< @pre the body has returned, or never began

  /// Runs until the body calls pause() or returns. From outside.
  void resume();

  /// Back to whoever called resume(). From the body.
  void pause();

private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace cellard::gpu::emulated
