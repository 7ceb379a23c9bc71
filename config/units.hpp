// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Sizes, times and shares as people write them: "8 GiB", "500 ms", "12.5 %". Reading is exact: a
// number that is no whole count of bytes, microseconds or millionths is refused rather than
// rounded, so printing what was read and reading it again gives the same value. Pure functions, any
// thread. All failures are errc::config_invalid with a sentence that gives an example of the right
// form; the caller adds the key and its range.
#pragma once

#include "core/result.hpp"

#include <chrono>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace cellard::config {

inline constexpr std::uint64_t kib = 1024;
inline constexpr std::uint64_t mib = 1024 * kib;
inline constexpr std::uint64_t gib = 1024 * mib;
inline constexpr std::uint64_t tib = 1024 * gib;

/// Every time in the configuration; the wire's deadlines have the same unit (decisions.md L2).
using duration = std::chrono::microseconds;

/// A share of something, in millionths, so that "12.5 %" is exact. At most 100 %.
struct percent {
  std::uint32_t millionths = 0;

  /// This share of `total`, rounded down.
  [[nodiscard]] std::uint64_t of(std::uint64_t total) const noexcept;

  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes the zero inside for a pointer
  friend constexpr auto operator<=>(percent, percent) = default;
};

/// A number of bytes, or a share that becomes bytes once the total is known. It stays as it was
/// written, so that the printed configuration says "25 %" on every host.
struct size_or_percent {
  std::variant<std::uint64_t, percent> amount;

  [[nodiscard]] std::uint64_t resolve(std::uint64_t total_bytes) const noexcept;
  [[nodiscard]] bool is_percent() const noexcept { return amount.index() == 1; }

  friend bool operator==(const size_or_percent&, const size_or_percent&) = default;

  /// Bytes and shares have no order between them.
  friend std::partial_ordering operator<=>(const size_or_percent& left,
                                           const size_or_percent& right) noexcept;
};

/// The permission bits of a socket, written as an octal text: "0660".
struct file_mode {
  std::uint32_t bits = 0;

  // NOLINTNEXTLINE(modernize-use-nullptr): as above
  friend constexpr auto operator<=>(file_mode, file_mode) = default;
};

/// "8 GiB", "512KiB", "1.5 MiB", "4096"; kB, MB, GB and TB are powers of ten, as the standards have
/// it.
core::result<std::uint64_t> parse_bytes(std::string_view text);
/// "500 us", "20 ms", "30 s", "5 min", "2 h", "7 days"; "0" needs no unit.
core::result<duration> parse_duration(std::string_view text);
/// "25 %", "12.5%", at most four decimals and at most 100 %.
core::result<percent> parse_percent(std::string_view text);
/// Either of "8 GiB" and "25 %".
core::result<size_or_percent> parse_size_or_percent(std::string_view text);
/// Three or four octal digits.
core::result<file_mode> parse_file_mode(std::string_view text);

/// The texts that the functions above read back to the same value, in the largest unit that needs
/// no fraction.
std::string bytes_text(std::uint64_t bytes);
std::string duration_text(duration time);
std::string percent_text(percent share);
std::string size_or_percent_text(const size_or_percent& size);
std::string file_mode_text(file_mode mode);

}  // namespace cellard::config
