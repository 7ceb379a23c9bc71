// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Random frames of every type, from a seed. Each is valid and canonical: encoding what was decoded
// yields the same bytes.
#pragma once

#include "tests/unit/protocol/reencode.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace cellard::tests {

struct sample {
  std::string name;
  frame_bytes bytes;
  reencode_function reencode;
  bool has_open_end;  ///< requests whose last part takes what is there or may be left out: fields,
                      ///< texts, payload, `least` of stage
};

/// One frame of every request and reply type, every admin and chain opcode included.
std::vector<sample> random_samples(std::uint64_t seed);

}  // namespace cellard::tests
