// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The shared-memory layout is part of the contract with clients; its structs live in core, whose
// arena writes them.
#pragma once

#include "core/slot_header.hpp"

namespace cellard::protocol {

using core::segment_header;
using core::segment_table_offset;
using core::slot_header;
using core::slot_state;

}  // namespace cellard::protocol
