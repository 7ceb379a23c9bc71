// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Entropy coding of bytes with known frequencies: range asymmetric numeral systems (rANS; J. Duda,
// arXiv 1311.2540), 32 interleaved states. Symbol k belongs to lane k mod 32; a round is one symbol
// of each lane.
//
//   state   u32 in [2^16, 2^32); begins and ends at 2^16
//   encode  symbols last to first: when state >= frequency * 2^(32 - bits), give its low 16 bits
//           away as one word; then state = state / frequency * 2^bits + state % frequency + start
//   decode  symbols first to last: slot = state mod 2^bits names the symbol;
//           state = frequency * (state / 2^bits) + slot - start; below 2^16 it takes one word in
//   stream  32 states as u32, then the words as u16 in the order in which a decoder takes them:
//           lane by lane in each round, which is a prefix sum on any parallel machine
//
// A symbol takes one word at most. Tables belong to the caller; `offsets` says which one a symbol
// has, so that a stream can mix many: symbol k uses the table at offsets[k % period]. Pure
// functions; any thread.
#pragma once

#include "core/result.hpp"
#include "gpu/host/level.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace cellard::gpu::host {

inline constexpr std::size_t rans_lanes = 32;
inline constexpr std::size_t rans_state_bytes = rans_lanes * sizeof(std::uint32_t);
inline constexpr std::size_t rans_symbols = 256;  ///< rows of one encoder's table
inline constexpr unsigned rans_most_bits = 12;

/// Most bytes of a stream of `symbols`.
[[nodiscard]] constexpr std::size_t rans_bound(std::size_t symbols) noexcept {
  return rans_state_bytes + symbols * sizeof(std::uint16_t);
}

/// Shares of 2^bits in proportion to `counts`, none of a symbol that occurs less than one.
/// @pre counts.size() <= 256, bits between 8 and 12, some count is not 0
[[nodiscard]] std::vector<std::uint16_t> rans_shares(std::span<const std::uint64_t> counts,
                                                     unsigned bits);

/// Whether these are shares of 2^bits.
[[nodiscard]] bool rans_whole(std::span<const std::uint16_t> shares, unsigned bits) noexcept;

/// An encoder's table: frequency | start << 16 by symbol. @pre rows.size() == 256
void rans_fill_rows(std::span<const std::uint16_t> shares, std::span<std::uint32_t> rows) noexcept;

/// A decoder's table: (frequency - 1) << 20 | (slot - start) << 8 | symbol by slot.
/// @pre rans_whole(shares, bits), slots.size() == 2^bits
void rans_fill_slots(std::span<const std::uint16_t> shares,
                     std::span<std::uint32_t> slots) noexcept;

/// Which table each symbol of a stream has.
class rans_order {
public:
  /// One table for all.
  rans_order() : rans_order(std::vector<std::uint32_t>{0}) {}

  /// Where the table of symbol k begins is starts[k % starts.size()]. @pre not empty
  explicit rans_order(std::vector<std::uint32_t> starts);

  [[nodiscard]] std::size_t period() const noexcept { return period_; }

  /// Of the 32 symbols that begin at `place` of the period; they may run over its end.
  [[nodiscard]] const std::uint32_t* from(std::size_t place) const noexcept {
    return starts_.data() + place;
  }

private:
  std::size_t period_;
  std::vector<std::uint32_t> starts_;  // [period + 31]
};

/// Bytes written to `out`. Every symbol has to have a share in its table.
/// @pre out.size() >= rans_bound(symbols.size())
[[nodiscard]] std::size_t rans_encode(level loops, std::span<const std::uint32_t> rows,
                                      const rans_order& order, unsigned bits,
                                      std::span<const std::uint8_t> symbols,
                                      std::span<std::byte> out) noexcept;

/// Fills `symbols` from exactly the bytes of one stream; errc::corrupt when it is none of that many
/// symbols. Each byte of `stream` is used once, so it may change meanwhile.
[[nodiscard]] core::result<core::ok_t>
rans_decode(level loops, std::span<const std::uint32_t> slots, const rans_order& order,
            unsigned bits, std::span<const std::byte> stream, std::span<std::uint8_t> symbols);

/// One of two streams that are decoded together.
struct rans_piece {
  std::span<const std::byte> stream;
  std::span<std::uint8_t> symbols;
};

/// As above, two streams of one order at once: each waits for its own table look-ups, so on AVX-512
/// two together are half as fast again as one after the other.
[[nodiscard]] core::result<core::ok_t> rans_decode(level loops,
                                                   std::span<const std::uint32_t> slots,
                                                   const rans_order& order, unsigned bits,
                                                   const std::array<rans_piece, 2>& pieces);

}  // namespace cellard::gpu::host
