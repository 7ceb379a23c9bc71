// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Tells the service manager how we are: one datagram to $NOTIFY_SOCKET, as sd_notify(3) documents
// it. Without that variable nothing is sent. Never blocks: a manager that does not read is not
// worth waiting for. Any thread.
#pragma once

#include <chrono>
#include <string_view>

namespace cellard::daemon {

/// E.g. "READY=1", "STOPPING=1", "WATCHDOG=1". False when there is no manager or it did not take
/// the message.
bool notify(std::string_view state);

/// "RELOADING=1" with the time that Type=notify-reload asks for.
bool notify_reloading();

/// How often the manager wants to hear WATCHDOG=1: half of $WATCHDOG_USEC; zero when it does not.
std::chrono::milliseconds watchdog_period();

}  // namespace cellard::daemon
