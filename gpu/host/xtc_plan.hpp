// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// How one segment of the calibrated codec is laid out, which a profile's part and the level say:
// the components that are kept, the low bits of each, and streams of tokens that decode by
// themselves. Bytes of a segment, little endian:
//   u8 level (steps are 2^-level), u8 flags (2: keys were rotated back), six zeros
//   for each stream  u32 bytes of its rANS stream, u32 numbers that are listed
//   for each stream  rANS stream of the symbols, token by token, component by component
//                    i16 the listed numbers (shifted), in the order of their symbols
//                    low bits: all tokens' bits of weight 1, then 2, 4, ...; up to a whole byte
// T tokens are cut into round(T / s) streams, at least one, s = max(64, 32768 / channels rounded
// up); stream i begins at token floor(T i / count).
// Computed for one call; owned by it.
#pragma once

#include "gpu/host/rans.hpp"
#include "gpu/host/xtc_loops.hpp"
#include "gpu/host/xtc_tables.hpp"
#include "gpu/profile.hpp"

#include <array>
#include <optional>
#include <vector>

namespace cellard::gpu::host {

inline constexpr unsigned xtc_most_level = 4;
inline constexpr std::size_t xtc_stream_bytes = 8;  ///< of its entry in the table

/// An encoder lists no more than one number in so many (and one): more of them are no distribution
/// that the profile knows.
inline constexpr std::size_t xtc_listed_share = 16;

struct xtc_head {
  static constexpr std::size_t bytes = 8;

  unsigned level;
  bool rotated_back;

  void write(std::span<std::byte> out) const noexcept;
  /// Nothing when it is none.
  static std::optional<xtc_head> read(std::span<const std::byte> encoded) noexcept;
};

/// Cuts the tokens of a segment.
class xtc_streams {
public:
  explicit xtc_streams(const segment& shape) noexcept;

  [[nodiscard]] std::uint32_t count() const noexcept { return count_; }
  [[nodiscard]] token_range at(std::uint32_t index) const noexcept;

private:
  std::uint32_t tokens_;
  std::uint32_t count_;
};

class xtc_plan {
public:
  xtc_plan(const profile_part& part, unsigned level);

  struct group {
    std::size_t kept;                              ///< its first components
    std::size_t symbols;                           ///< where its symbols begin among a token's
    std::size_t pairs;                             ///< of components, an odd one counted as two
    std::size_t numbers;                           ///< where its numbers begin among a token's
    std::array<std::size_t, xtc_most_shift> bits;  ///< and its bits of each weight
  };

  [[nodiscard]] std::span<const group> groups() const noexcept { return groups_; }

  /// Of a token: symbols; numbers, which is symbols and a zero after an odd group; low bits.
  [[nodiscard]] std::size_t symbols() const noexcept { return tables_.size(); }
  [[nodiscard]] std::size_t numbers() const noexcept { return numbers_; }
  [[nodiscard]] std::size_t bits(unsigned weight) const noexcept { return bits_.at(weight); }

  /// By symbol of a token.
  [[nodiscard]] std::span<const std::uint8_t> shifts() const noexcept { return shifts_; }
  [[nodiscard]] xtc_loops::coding coding(std::size_t symbol) const noexcept {
    return {factors_.data() + symbol, reaches_.data() + symbol};
  }
  [[nodiscard]] const std::int32_t* starts(std::size_t symbol) const noexcept {
    return starts_.data() + symbol;
  }
  [[nodiscard]] const std::int32_t* weights(std::size_t symbol) const noexcept {
    return weights_.data() + symbol;
  }
  [[nodiscard]] std::size_t number_of(std::size_t symbol) const noexcept { return places_[symbol]; }
  [[nodiscard]] const rans_order& encoding() const noexcept { return encoding_; }
  [[nodiscard]] const rans_order& decoding() const noexcept { return decoding_; }

  /// Where the low bits of a weight begin in a stream, and all of them in bytes.
  [[nodiscard]] std::size_t first_bit(unsigned weight, std::size_t tokens) const noexcept;
  [[nodiscard]] std::size_t bit_bytes(std::size_t tokens) const noexcept {
    return (first_bit(xtc_most_shift, tokens) + 7) / 8;
  }

private:
  std::vector<group> groups_;
  std::size_t numbers_ = 0;
  std::array<std::size_t, xtc_most_shift> bits_{};
  std::vector<std::uint8_t> tables_;
  std::vector<std::uint8_t> shifts_;
  std::vector<std::int16_t> factors_;
  std::vector<std::int16_t> reaches_;
  std::vector<std::int32_t> starts_;   // of its table
  std::vector<std::int32_t> weights_;  // 2^shift
  std::vector<std::uint32_t> places_;  // among a token's numbers
  rans_order encoding_;
  rans_order decoding_;
};

}  // namespace cellard::gpu::host
