// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The numbers of the whole daemon as Prometheus' text: what `cellarctl metrics --all` prints, by
// the same code from the same answers. Each page is asked for by an actor of its own, which ends
// with it.
#pragma once

#include "actors/handles.hpp"
#include "daemon/metrics_server.hpp"

namespace cellard::daemon {

/// @pre the source does not outlive the system
page_source metrics_page(caf::actor_system& system, actors::stats_actor stats);

}  // namespace cellard::daemon
