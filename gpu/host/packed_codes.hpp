// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Planes of packed codes (plane_widths in gpu/host/integer_loops.hpp), one byte at a time: for the
// scalar loops and for what vectors leave over.
#pragma once

#include "gpu/host/integer_loops.hpp"

namespace cellard::gpu::host {

/// Bits Shift to Shift + Width - 1 of each code. The plane with Shift 0 comes first and sets the
/// codes, the other adds to them.
template <unsigned Width, unsigned Shift>
struct code_plane {
  static constexpr unsigned width = Width;
  static constexpr unsigned shift = Shift;
  static constexpr unsigned fields = 8 / Width;
  static constexpr unsigned mask = (1U << Width) - 1;

  static constexpr std::size_t bytes(std::size_t count) noexcept {
    return plane_bytes(Width, count);
  }

  /// Byte `j`, from the codes.
  static std::byte gathered(const std::int8_t* codes, std::size_t count, std::size_t j) noexcept {
    unsigned byte = 0;
    for (unsigned field = 0; field < fields && j + field * bytes(count) < count; ++field) {
      const auto code = static_cast<unsigned>(codes[j + field * bytes(count)]);
      byte |= ((code >> Shift) & mask) << (field * Width);
    }
    return static_cast<std::byte>(byte);
  }

  /// Byte `j`, into the codes.
  static void scatter(std::byte from, std::int8_t* codes, std::size_t count,
                      std::size_t j) noexcept {
    const auto byte = static_cast<unsigned>(from);
    for (unsigned field = 0; field < fields && j + field * bytes(count) < count; ++field) {
      auto& code = codes[j + field * bytes(count)];
      const unsigned bits = ((byte >> (field * Width)) & mask) << Shift;
      code = static_cast<std::int8_t>(Shift == 0 ? bits : bits | static_cast<unsigned>(code));
    }
  }
};

/// Calls `visit(plane, offset in bytes)` for each plane of codes of `Bits`.
template <std::size_t Bits, class Visit>
inline void for_each_plane(std::size_t count, Visit&& visit) {
  constexpr unsigned low = plane_widths[Bits][0];
  constexpr unsigned high = plane_widths[Bits][1];
  visit(code_plane<low, 0>(), std::size_t{0});
  if constexpr (high != 0) {
    visit(code_plane<high, low>(), plane_bytes(low, count));
  }
}

}  // namespace cellard::gpu::host
