// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// What a mistyped name was meant to be. Pure functions, any thread.
#pragma once

#include <cstddef>
#include <string_view>

namespace cellard::config {

/// How many letters have to be added, dropped, changed or swapped with their neighbour to make
/// `left` into `right`.
std::size_t edit_distance(std::string_view left, std::string_view right);

/// The known key nearest to `name` ("limits.sesions" gives "limits.sessions"; a key in the wrong
/// table gives the right one), or empty when none is near.
std::string_view nearest_key(std::string_view name);

/// The same for the name of a table.
std::string_view nearest_section(std::string_view name);

}  // namespace cellard::config
