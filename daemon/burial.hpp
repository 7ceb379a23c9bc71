// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The end of an actor that was ready to run when the scheduler had already stopped. Its state is
// destroyed (on_exit), its watchers are told and its open requests bounced (cleanup, reason
// user_shutdown), and the reference that the ready queue held is released. CAF's own
// cleanup_and_release leaves out on_exit, so that the states of stateful actors leak, and it drops
// the references of the actors that the cleanup wakes; hence this one (decisions.md A7).
//
// Any thread may call: whoever holds a resumable that is ready is the only one who does.
#pragma once

namespace caf {
class resumable;
}

namespace cellard::daemon {

/// Buries `what` and, one after the other, every actor that this makes ready on the calling thread.
/// @pre `what` is ready: it came from exec_later, and nobody will resume it.
void bury(caf::resumable* what);

}  // namespace cellard::daemon
