// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Several codecs on the same blocks, and the table that people read. Codecs come from the table of
// schemes and the sets of the backends, so that a new one is here by itself. One thread.
#pragma once

#include "gpu/codec_set.hpp"
#include "gpu/scheme.hpp"

#include <cstdint>
#include <string>
#include <vector>

#include "ctl/trial_data.hpp"
#include <nlohmann/json.hpp>

namespace cellard::ctl {

/// Instruction sets whose loops this machine can run.
std::vector<std::string> backend_names();

/// Of one of these, the best where none is named. Throws refused for another.
gpu::codec_set codecs_of(const std::string& backend);

/// "int8,int4", or "all". Throws refused for one that does not exist, or none.
std::vector<gpu::scheme> schemes_of(const std::string& list);

struct trials_outcome {
  std::uint64_t blocks = 0;
  std::uint64_t raw_bytes = 0;
  nlohmann::json codecs = nlohmann::json::array();
};

/// All codecs on one block, then on the next: they see the same values, and one block is in memory.
/// Each direction of each block takes `seconds` at least.
trials_outcome try_all(const gpu::codec_set& codecs, const std::vector<gpu::scheme>& schemes,
                       const trial_data& data, double seconds);

/// The table, and what its columns mean.
void print_trials(const nlohmann::json& rows, const std::string& backend);

}  // namespace cellard::ctl
