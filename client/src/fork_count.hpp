// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Forks, counted in the child. A handle remembers the count at which it was made; a different one
// means that it belongs to the parent: its socket is shared, its mappings are not there
// (MADV_DONTFORK), its mutex may be locked by a thread that does not exist. So a child's calls look
// at this count before anything else.
#pragma once

#include <cstdint>

namespace cellard::library {

/// Makes forks count from now on. Called by every connect, effective once.
void watch_forks();

/// How many forks lie between the first process that called watch_forks and this one.
std::uint32_t fork_count() noexcept;

}  // namespace cellard::library
