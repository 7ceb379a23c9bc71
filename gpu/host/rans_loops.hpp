// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The rounds of rans.hpp, in plain C++ and for two instruction sets. Only rans.cpp uses this.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace cellard::gpu::host {

using rans_states = std::array<std::uint32_t, 32>;

/// Where a decoder stands. `words` are bytes in pairs, of any alignment.
struct rans_reader {
  rans_states states;
  const std::byte* words;
  std::size_t left;  ///< words that may still be taken
};

/// Where an encoder stands: it writes downwards.
struct rans_writer {
  rans_states states;
  std::byte* words;
};

struct rans_loops {
  /// Whole rounds while 32 words are left, at most `rounds`; returns how many. `place` is that of
  /// the first round in the period.
  using read_rounds = std::size_t (*)(rans_reader& from, const std::uint32_t* slots,
                                      const std::uint32_t* starts, std::size_t period,
                                      std::size_t place, unsigned bits, std::size_t rounds,
                                      std::uint8_t* symbols);

  /// Rounds `rounds - 1` to 0.
  using write_rounds = void (*)(rans_writer& to, const std::uint32_t* rows,
                                const std::uint32_t* starts, std::size_t period, unsigned bits,
                                std::size_t rounds, const std::uint8_t* symbols);

  /// The same of two streams at once, both at the same place; null when that is no faster.
  using read_pairs = std::size_t (*)(rans_reader& from, rans_reader& other,
                                     const std::uint32_t* slots, const std::uint32_t* starts,
                                     std::size_t period, unsigned bits, std::size_t rounds,
                                     std::uint8_t* symbols, std::uint8_t* others);

  read_rounds read;
  read_pairs read_two;
  write_rounds write;
};

void rans_write_plain(rans_writer& to, const std::uint32_t* rows, const std::uint32_t* starts,
                      std::size_t period, unsigned bits, std::size_t rounds,
                      const std::uint8_t* symbols) noexcept;

#ifdef __x86_64__
extern const rans_loops rans_avx2;
extern const rans_loops rans_avx512;
#endif

}  // namespace cellard::gpu::host
