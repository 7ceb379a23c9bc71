// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The one connection that a command makes, and the text requests over it. Failures are
// cellard::error (client.hpp). One thread.
#pragma once

#include <string>

#include "cellard/client.hpp"
#include "ctl/globals.hpp"
#include <nlohmann/json.hpp>

namespace cellard::ctl {

/// Connects; without a daemon it throws CELLARD_UNAVAILABLE.
client connect(const globals& shared);

/// Goes on without a daemon: requests fail with CELLARD_UNAVAILABLE until there is one.
client connect_lazily(const globals& shared);

/// Whether to ask for every tenant's numbers: what the user said, else whether the daemon lets us.
bool wants_all(const client& from, const globals& shared);

/// The answer to a text request: "config", "reload" and so on, see cellard_admin.
std::string ask_text(const client& from, const char* what, bool all = false);

/// The same for requests that are answered in JSON.
nlohmann::json ask(const client& from, const char* what, bool all = false);

}  // namespace cellard::ctl
