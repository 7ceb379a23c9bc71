// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Encodes one segment of a container: raw tokens at both ends, and between them what the wanted
// codec makes of the rest. Where that codec refuses, errs too much or wins nothing, the next
// gentler one is asked, down to raw bytes. Holds views for the time of one call.
#pragma once

#include "gpu/codec_set.hpp"
#include "gpu/container_format.hpp"
#include "gpu/fidelity.hpp"

#include <span>
#include <string_view>

namespace cellard::gpu {

/// Tokens that stay raw.
struct raw_ends {
  std::uint32_t first = 0;
  std::uint32_t last = 0;
};

struct segment_job {
  segment whole;
  const rope_table* rope = nullptr;  ///< of the tokens between the ends; null = none
  raw_ends ends;
  std::string_view codec;
  float bound = 0;      ///< largest relative Frobenius error, with `before`; 0 = none
  bool verify = false;  ///< decode and compare
  fidelity before;      ///< of the values given, when they were decoded from something
};

struct written_segment {
  container_entry entry;
  float relative_error;
  bool gentler;  ///< another codec than the wanted one
};

/// Room that `write_segment` needs.
[[nodiscard]] std::size_t segment_bound(const codec_set& codecs, const segment& whole,
                                        std::string_view codec);

/// Writes entry.bytes bytes to `out`. @pre out.size() >= segment_bound(...)
core::result<written_segment> write_segment(const codec_set& codecs, const segment_job& on,
                                            std::span<const std::byte> raw,
                                            std::span<std::byte> out, scratch& work);

}  // namespace cellard::gpu
