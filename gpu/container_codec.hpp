// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// A scheme and the container as the codec that actors and core::cache know: whole blocks of a
// layout, tails of fewer tokens included. One thread at a time, since it owns the scratch memory.
#pragma once

#include "core/codec.hpp"
#include "gpu/container_writer.hpp"

#include <vector>

namespace cellard::gpu {

/// The number of the container's format in slot headers and replies: every scheme writes it.
inline constexpr std::uint16_t container_number = 1;

class container_codec : public core::codec {
public:
  /// `codecs` outlives this.
  container_codec(const codec_set& codecs, const scheme& by, const encode_options& options)
    : codecs_(&codecs),
      scheme_(by),
      writer_(codecs, by, options) {}

  [[nodiscard]] std::string_view name() const noexcept override { return scheme_.name; }
  [[nodiscard]] std::uint16_t number() const noexcept override { return container_number; }
  [[nodiscard]] std::size_t most_encoded_bytes(const core::layout& shape,
                                               std::size_t raw_bytes) const override;
  core::result<std::size_t> encode(const core::layout& shape, std::uint64_t first_token,
                                   std::span<const std::byte> raw,
                                   std::span<std::byte> out) override;
  core::result<std::size_t> decode(const core::layout& shape, std::span<const std::byte> encoded,
                                   std::span<std::byte> out) override;

  /// As encode, for a block that is encoded already, by any scheme. Errors add up: what the report
  /// and the bounds of the options mean is the distance from the raw block. errc::invalid_argument
  /// when it was encoded without being compared.
  core::result<std::size_t> encode_again(const core::layout& shape,
                                         std::span<const std::byte> encoded,
                                         std::span<std::byte> out);

  /// What the next blocks are of, and those that they were encoded with; null = none. It outlives
  /// their coding.
  void learned(const profile* what) noexcept { learned_ = what; }

  /// Of the block that was encoded last.
  [[nodiscard]] const encode_report& report() const noexcept { return report_; }

private:
  const codec_set* codecs_;
  scheme scheme_;
  container_writer writer_;
  encode_report report_;
  std::vector<std::byte> decoded_;  ///< of encode_again
  scratch work_;
  const profile* learned_ = nullptr;
};

}  // namespace cellard::gpu
