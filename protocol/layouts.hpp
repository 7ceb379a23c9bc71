// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// A layout on the wire: the fixed part of open's body and its fields `model`, `weights` and `rope`.
// The request has it, and so has the reply to an open that asked for it. Pure functions.
#pragma once

#include "core/layout.hpp"
#include "core/result.hpp"
#include "protocol/bodies.hpp"
#include "protocol/tlv.hpp"

namespace cellard::protocol {

/// The dimensions; all else is zero.
open_body fixed_of(const core::layout& shape) noexcept;
core::layout layout_of(const open_body& fixed);

/// Takes a field that belongs to the layout; false for any other. errc::invalid_argument for a rope
/// that is malformed.
core::result<bool> take_layout_field(core::layout& shape, std::uint16_t type, bytes_view value);

/// errc::invalid_argument for names that cannot be printed.
core::result<core::ok_t> check_layout_names(const core::layout& shape);

void write_layout_names(writer& out, const core::layout& shape);
void write_layout_rope(writer& out, const core::layout& shape);

}  // namespace cellard::protocol
