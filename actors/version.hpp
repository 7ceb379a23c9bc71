// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The name that the daemon gives at hello. The number comes from CMake's project().
#pragma once

namespace cellard::actors {

inline constexpr const char* server_name = "cellard " CELLARD_VERSION;

}  // namespace cellard::actors
