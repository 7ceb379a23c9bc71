// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// One codec on some blocks: bytes, errors and speed. Times are of this thread alone, which does
// nothing else: what a core does a second, not what a busy host does. One thread.
#pragma once

#include "core/layout.hpp"
#include "gpu/codec_set.hpp"
#include "gpu/container_writer.hpp"
#include "gpu/scheme.hpp"

#include <cstdint>
#include <string>
#include <vector>

#include "ctl/trial_data.hpp"
#include <nlohmann/json.hpp>

namespace cellard::ctl {

class trial {
public:
  /// Repeats each direction of each block until `seconds` have passed. `codecs` and `on` outlive
  /// this.
  trial(const gpu::codec_set& codecs, const gpu::scheme& by, const trial_data& on, double seconds);

  /// Why this codec cannot be tried; empty when it can.
  [[nodiscard]] const std::string& obstacle() const noexcept { return obstacle_; }

  /// Encodes, decodes and compares. Throws refused when the codec cannot. @pre no obstacle
  void add(const trial_block& block);

  /// What came out, as docs/operations.md explains it.
  [[nodiscard]] nlohmann::json to_json() const;

private:
  struct error {
    double most = 0;
    double sum = 0;
    std::uint64_t segments = 0;
    [[nodiscard]] nlohmann::json to_json() const;
  };

  void compare(const gpu::block& what, const trial_block& block);

  const gpu::codec_set& codecs_;
  gpu::scheme by_;
  const trial_data& on_;
  gpu::container_writer writer_;
  double seconds_;
  std::string obstacle_;
  gpu::scratch work_;
  std::vector<std::byte> encoded_;
  std::vector<std::byte> decoded_;
  std::uint64_t raw_bytes_ = 0;
  std::uint64_t values_ = 0;
  std::uint64_t encoded_bytes_ = 0;
  std::uint64_t gentler_ = 0;
  error keys_;
  error of_values_;
  double encode_bytes_ = 0;
  double encode_seconds_ = 0;
  double decode_bytes_ = 0;
  double decode_seconds_ = 0;
};

}  // namespace cellard::ctl
