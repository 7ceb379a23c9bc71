// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The codecs of one backend. Immutable after construction; every thread may read it.
#pragma once

#include "gpu/segment_codec.hpp"

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace cellard::gpu {

class codec_set {
public:
  explicit codec_set(std::string backend, std::vector<std::unique_ptr<segment_codec>> codecs)
    : backend_(std::move(backend)),
      codecs_(std::move(codecs)) {}

  /// "scalar", "avx2", "avx512", ...
  [[nodiscard]] const std::string& backend() const noexcept { return backend_; }

  /// By name, to encode; null when there is none.
  [[nodiscard]] const segment_codec* find(std::string_view name) const noexcept;

  /// By number, to decode: any codec of that format, they read each other's bytes. Null when there
  /// is none.
  [[nodiscard]] const segment_codec* find(format number) const noexcept;

  [[nodiscard]] std::span<const std::unique_ptr<segment_codec>> all() const noexcept {
    return codecs_;
  }

private:
  std::string backend_;
  std::vector<std::unique_ptr<segment_codec>> codecs_;
};

}  // namespace cellard::gpu
