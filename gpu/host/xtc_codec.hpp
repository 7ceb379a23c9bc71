// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// "xtc-1" (steps of 1/16 of a deviation) to "xtc-5" (1): channels in the directions in which a
// model's channels vary, which a profile has learned, on one step, entropy coded (docs/adr/0033).
// Layout: gpu/host/xtc_plan.hpp; symbols: xtc_tables.hpp; formulas: xtc_loops.hpp. Encoders of all
// levels of the host write the same bytes, decoders of every backend give the same values.
#pragma once

#include "gpu/host/number_loops.hpp"
#include "gpu/host/rope_loops.hpp"
#include "gpu/host/xtc_loops.hpp"
#include "gpu/host/xtc_plan.hpp"
#include "gpu/segment_codec.hpp"

#include <string>

namespace cellard::gpu::host {

class xtc_codec final : public segment_codec {
public:
  /// @pre number is between 1 and 5
  xtc_codec(unsigned number, level loops);

  [[nodiscard]] std::string_view name() const noexcept override { return name_; }
  [[nodiscard]] format number() const noexcept override { return format::xtc; }
  [[nodiscard]] bool lossy() const noexcept override { return true; }
  [[nodiscard]] bool needs_profile() const noexcept override { return true; }
  [[nodiscard]] std::size_t bound(const segment& shape) const noexcept override;

  core::result<std::size_t> encode(const segment& shape, std::span<const std::byte> raw,
                                   std::span<std::byte> out, scratch& work) const override;
  core::result<core::ok_t> decode(const segment& shape, std::span<const std::byte> encoded,
                                  token_range wanted, std::span<std::byte> out,
                                  scratch& work) const override;

private:
  /// What one encoded stream is made of.
  struct stream {
    token_range tokens;
    std::span<const std::byte> symbols;
    std::span<const std::byte> listed;  ///< int16
    std::span<const std::byte> bits;
  };

  [[nodiscard]] core::result<core::ok_t> check(const segment& shape) const;

  [[nodiscard]] bool turn(const segment& shape, const xtc_plan& plan,
                          std::span<const std::byte> raw, std::int16_t* to, scratch& work) const;
  core::result<std::size_t> write(const segment& shape, const xtc_plan& plan,
                                  std::span<const std::int16_t> from, std::span<std::byte> out,
                                  scratch& work) const;

  [[nodiscard]] core::result<std::vector<stream>>
  find_streams(const segment& shape, const xtc_plan& plan,
               std::span<const std::byte> encoded) const;
  core::result<core::ok_t> read_pair(const xtc_plan& plan, std::span<const stream* const> from,
                                     std::array<std::span<std::uint8_t>, 2>& to,
                                     scratch& work) const;
  core::result<core::ok_t> read_numbers(const segment& shape, const xtc_plan& plan,
                                        const stream& from, std::span<const std::uint8_t> coded,
                                        token_range part, std::int16_t* to, scratch& work) const;
  void turn_back(const segment& shape, const xtc_plan& plan, unsigned level, token_range part,
                 const std::int16_t* from, std::byte* out, scratch& work) const;

  unsigned level_;
  std::string name_;
  level loops_;
  const number_loops& numbers_;
  const rope_loops& rope_;
  const xtc_loops& xtc_;
};

}  // namespace cellard::gpu::host
