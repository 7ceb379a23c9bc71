// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// One frame of each type with chosen values. tests/golden/frames.txt holds their bytes,
// docs/protocol.md shows some of them.
#pragma once

#include "tests/unit/protocol/reencode.hpp"

#include <string>
#include <utility>
#include <vector>

namespace cellard::tests {

/// Names and frames, in the order of docs/protocol.md.
std::vector<std::pair<std::string, frame_bytes>> example_frames();

}  // namespace cellard::tests
