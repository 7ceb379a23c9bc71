// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Where log lines go: standard error, which the journal reads, as text or as one JSON object a
// line. No key and no prompt bytes are ever logged.
#pragma once

#include "config/config.hpp"

namespace cellard::daemon {

/// Level and format as configured. Called at start, and again after a reload; any thread.
void set_logging(const config::log_settings& settings);

}  // namespace cellard::daemon
