// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Encodes a block: segment by segment, by the scheme's codec or, where that one refuses, errs too
// much or wins nothing, by the next gentler one, down to raw bytes. A block is therefore always
// encoded, and never worse than the bound that was asked for.
// Thread safety: a writer is a few constants; threads may share one, each with a scratch of its
// own.
#pragma once

#include "gpu/block.hpp"
#include "gpu/codec_set.hpp"
#include "gpu/fidelity.hpp"
#include "gpu/scheme.hpp"

#include <span>

namespace cellard::gpu {

struct encode_options {
  std::uint32_t first_raw = 0;  ///< tokens at the begin of a sequence that stay raw
  std::uint32_t last_raw = 0;   ///< tokens at the end of this block that stay raw
  float key_error = 0;          ///< most relative Frobenius error of a key segment; 0 = no bound
  float value_error = 0;        ///< the same of a value segment
  bool verify = true;  ///< decode what was encoded, store its error and check; implied by a bound
};

/// What came out.
struct encode_report {
  std::size_t bytes = 0;
  float key_error = 0;  ///< the largest of all key segments; 0 when not verified
  float value_error = 0;
  std::uint32_t gentler = 0;  ///< segments that another codec than the scheme's took
};

class container_writer {
public:
  /// `codecs` outlives the writer.
  container_writer(const codec_set& codecs, scheme by, encode_options options)
    : codecs_(&codecs),
      by_(by),
      options_(options) {}

  /// Most bytes that encode writes for this block.
  [[nodiscard]] std::size_t bound(const block& what) const;

  /// `raw` is read more than once, so nobody may write to it meanwhile. `before`: how far each of
  /// its segments, in the container's order, is from what it was once; empty = it is what it was.
  /// errc::invalid_argument when a dimension is zero or `raw` has another size than `what` says.
  /// @pre out.size() >= bound(what)
  core::result<encode_report> encode(const block& what, std::span<const std::byte> raw,
                                     std::span<std::byte> out, scratch& work,
                                     std::span<const fidelity> before = {}) const;

private:
  const codec_set* codecs_;
  scheme by_;
  encode_options options_;
};

}  // namespace cellard::gpu
