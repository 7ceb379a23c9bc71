// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// What stands in front of the values of a .npy file (NumPy's format, versions 1 to 3): their type,
// order and shape. The file may be anything: what is not understood to the letter is refused, and
// the sentence says what to do about it. Pure functions, any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace cellard::ctl {

struct npy_header {
  std::string type;  ///< "<f2" and the like
  std::vector<std::uint64_t> shape;
  std::size_t bytes = 0;  ///< of the header: values begin behind them

  /// All values. @pre read_npy_header made it, so that the product fits
  [[nodiscard]] std::uint64_t count() const noexcept;
};

/// Most bytes of a header that are looked at; NumPy's own are some dozen.
inline constexpr std::size_t most_npy_header_bytes = 4096;

/// `begin` are the first most_npy_header_bytes of a file, or all of a shorter one. Throws refused;
/// `file` is its name.
npy_header read_npy_header(std::span<const std::byte> begin, const std::string& file);

}  // namespace cellard::ctl
