// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Namespaces and sessions as tables, for the commands that show them. Pure functions, any thread.
#pragma once

#include "ctl/output.hpp"

namespace cellard::ctl {

/// Of the rows that `namespaces` and `stats` answer.
table space_table(const nlohmann::json& rows);

/// Of the rows that `sessions` answers.
table session_table(const nlohmann::json& rows);

}  // namespace cellard::ctl
