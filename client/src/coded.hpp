// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Reading the raw bytes of a block that the daemon keeps encoded, by the thread that asks for them.
// The bytes may change meanwhile when the lease has ended: nothing outside of buffers is touched
// then, and the caller looks at the generation afterwards (decisions D6).
#pragma once

#include "core/layout.hpp"
#include "core/result.hpp"
#include "gpu/container_reader.hpp"

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>

namespace cellard::library {

/// The codec number of blocks that `coded_block` reads.
inline constexpr std::uint32_t container_codec_number = 1;

/// Relative errors of a block, the largest of all layers. 0: exact, or not measured.
struct measured_errors {
  float keys = 0;
  float values = 0;
};

/// One encoded block. Its header is read once, by whoever comes first; any number of threads may
/// read at once.
class coded_block {
public:
  /// `encoded` outlives this.
  coded_block(core::layout shape, std::span<const std::byte> encoded)
    : shape_(std::move(shape)),
      encoded_(encoded) {}

  /// Bytes [offset, offset + out.size()) of the raw block. errc::corrupt when the bytes are no
  /// encoded block of this layout; errc::invalid_argument when the block has no such bytes.
  core::result<core::ok_t> read(std::uint64_t offset, std::span<std::byte> out) const;

  /// As the table of the encoded bytes has them. errc::corrupt
  [[nodiscard]] core::result<measured_errors> errors() const;

private:
  core::result<const gpu::container_reader*> reader() const;

  core::layout shape_;
  std::span<const std::byte> encoded_;
  mutable std::mutex opening_;
  mutable std::optional<gpu::block> what_;
  mutable std::optional<gpu::container_reader> reader_;
};

}  // namespace cellard::library
