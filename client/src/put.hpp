// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Writing: blocks gathered from the caller's buffers into the staging area and committed, batch
// after batch.
#pragma once

#include "client/src/put_batch.hpp"

#include <memory>
#include <optional>
#include <span>

#include "cellard/client.h"

namespace cellard::library {

/// Fills one status a key (cellard_status) and the number of keys that are there now, also when the
/// call fails.
core::result<core::ok_t> put(const space_state& space, const put_request& wanted,
                             std::span<int> statuses, std::size_t& stored);

/// errc::invalid_argument names the first block whose length the layout does not allow.
core::result<core::ok_t> check_lengths(const space_state& space,
                                       std::span<const std::uint64_t> lengths);

}  // namespace cellard::library
