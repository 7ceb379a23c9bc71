// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// cellard_last_error's sentence: a buffer per thread, of fixed size, so that it can be written when
// memory is out.
#pragma once

#include "core/error.hpp"

#include <string_view>

namespace cellard::library {

/// Keeps the sentence and returns the code as the C ABI has it.
int report(const core::error& problem) noexcept;
int report(core::errc code, std::string_view sentence) noexcept;

/// Never null.
const char* last_error() noexcept;

}  // namespace cellard::library
