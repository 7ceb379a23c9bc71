// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The blocks that codecs are tried on, one in memory at a time: made up, from .npy files, or from a
// namespace. Making them throws refused or cellard::error. One thread.
#pragma once

#include "core/layout.hpp"
#include "gpu/profile.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cellard/client.hpp"
#include "ctl/space_access.hpp"

namespace cellard::ctl {

struct trial_block {
  std::uint32_t tokens = 0;
  std::uint64_t first_token = 0;  ///< in its sequence
  std::vector<std::byte> raw;     ///< as core::layout has it, `tokens` in place of block_tokens
};

struct trial_data {
  core::layout shape;
  std::shared_ptr<const gpu::profile> learned{};  ///< of the model; null = none
  std::uint64_t blocks = 0;                       ///< that there are
  std::function<bool(trial_block& into)> next;  ///< the next of those chosen; false after the last
};

/// Keys, rotated as an engine does it, and values of one layer: channels of different sizes and
/// means, as a model has them. 256 tokens, 8 heads of 128.
trial_data made_up_data();

struct npy_files {
  std::string keys;
  std::string values;               ///< empty: there are none
  std::string type;                 ///< "bfloat16", "float8_e4m3"; empty: as the file says
  std::uint32_t tile_tokens = 256;  ///< of a block
  core::rope_descriptor rope;       ///< how keys were rotated
};

/// At most `most` blocks, spread over the whole file.
trial_data npy_data(const npy_files& files, std::uint64_t most);

/// At most `most` of the namespace's raw blocks, got one after the other. `from` outlives the data.
trial_data space_data(const client& from, const space_name& which, std::uint64_t most);

}  // namespace cellard::ctl
