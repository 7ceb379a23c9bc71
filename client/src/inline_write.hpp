// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// A set of ranges of the staging area that are handed to the daemon together, and their way there
// when the area is not mapped. Shared: whoever waits for the daemon's answer holds them, and so
// does the connection while an answer is late.
#pragma once

#include "client/src/connection.hpp"

#include <memory>
#include <vector>

namespace cellard::library {

using range_list = std::shared_ptr<std::vector<staging_range>>;

/// Sends the bytes of those ranges that are private memory, in pieces of up to 64 KiB.
core::result<core::ok_t> write_inline(connection& link, const range_list& ranges,
                                      const deadline& until);

}  // namespace cellard::library
