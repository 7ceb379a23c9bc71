// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "daemon/burial.hpp"

#include <caf/actor_system.hpp>
#include <caf/execution_unit.hpp>
#include <caf/exit_reason.hpp>
#include <caf/resumable.hpp>
#include <caf/scheduled_actor.hpp>

#include <deque>

namespace cellard::daemon {

namespace {

/// The dead of one thread. A cleanup sends down messages and bounced requests; the actors that
/// become ready by them come back here, through this unit or through the scheduler, and wait for
/// their turn instead of nesting.
class graveyard final : public caf::execution_unit {
public:
  void exec_later(caf::resumable* what) override { waiting_.push_back(what); }

  void work() {
    while (!waiting_.empty()) {
      auto* what = waiting_.front();
      waiting_.pop_front();
      put_to_rest(what);
    }
  }

private:
  void put_to_rest(caf::resumable* what) {
    if (what->subtype() == caf::resumable::scheduled_actor) {
      auto* actor = static_cast<caf::scheduled_actor*>(what);
      system_ = &actor->home_system();
      actor->on_exit();
      actor->cleanup(caf::make_error(caf::exit_reason::user_shutdown), this);
    }
    caf::intrusive_ptr_release(what);
  }

  std::deque<caf::resumable*> waiting_;
};

thread_local graveyard* open_graveyard = nullptr;

}  // namespace

void bury(caf::resumable* what) {
  if (open_graveyard != nullptr) {
    open_graveyard->exec_later(what);
    return;
  }
  graveyard ours;
  open_graveyard = &ours;
  ours.exec_later(what);
  ours.work();
  open_graveyard = nullptr;
}

}  // namespace cellard::daemon
