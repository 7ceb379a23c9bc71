// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// How a component of the calibrated codec is coded, which only its width decides: r, its deviation
// in steps, as an integer w of half octaves (r = 2^(w/2)).
//   w < -5        dropped: all its numbers are zero
//   -5 <= w <= 5  one symbol a number q
//   w > 5         the low `shift` bits of q are stored as they are, the rest is the symbol; 4 <=
//                 w - 2 * shift <= 5, so one table serves all of one parity
// Symbol s + reach + 1 means s; symbol 0 means a number beyond the reach, which is listed. Shares
// are those of Student's t with 16 degrees of freedom, in 1024ths; what a symbol decodes to is the
// mean of that density between its borders, in sixteenths. Made once, by operations that IEEE 754
// rounds correctly, so every machine has the same; every thread may read them.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace cellard::gpu::host {

inline constexpr int xtc_least_width = -5;
inline constexpr int xtc_most_width = 15;  ///< wider ones are coded like it
inline constexpr unsigned xtc_most_shift = 5;
inline constexpr unsigned xtc_table_count = 13;
inline constexpr unsigned xtc_bits = 10;  ///< of a table's shares
inline constexpr std::size_t xtc_slots = std::size_t{1} << xtc_bits;
inline constexpr int xtc_largest = 2047;  ///< of |q|; 16 q is an int16

/// @pre width is between least and most
constexpr unsigned xtc_shift(int width) noexcept {
  return width <= 5 ? 0U : static_cast<unsigned>(width / 2 - 2);
}

/// Tables 0 to 10 by width, 11 and 12 where there is a shift.
constexpr unsigned xtc_table(int width) noexcept {
  return width <= 5 ? static_cast<unsigned>(width - xtc_least_width)
                    : 11U + static_cast<unsigned>(width % 2);
}

struct xtc_tables {
  std::array<int, xtc_table_count> reach;
  std::vector<std::uint32_t> rows;    ///< [table][256], rans_fill_rows
  std::vector<std::uint32_t> slots;   ///< [table][1024], rans_fill_slots
  std::vector<std::int32_t> numbers;  ///< [table][256], 16 s and its centroid's rest
};

[[nodiscard]] const xtc_tables& xtc_tables_of_all() noexcept;

}  // namespace cellard::gpu::host
