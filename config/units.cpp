// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "config/units.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <span>

namespace cellard::config {
namespace {

using core::errc;
using core::fail;
using core::result;

struct unit {
  std::string_view name;
  std::uint64_t factor;
};

/// What a quantity is called in errors, and the units it may have.
struct quantity {
  std::string_view example;
  std::string_view whole;
  std::span<const unit> units;
};

constexpr std::uint64_t second = 1'000'000;
constexpr std::uint32_t one = 1'000'000;  // 100 % in millionths

// Printing takes the first six of each, largest first; the others are only read.
constexpr std::size_t printed_units = 6;
constexpr std::array<unit, 14> byte_units{{{"PiB", 1024 * tib},
                                           {"TiB", tib},
                                           {"GiB", gib},
                                           {"MiB", mib},
                                           {"KiB", kib},
                                           {"B", 1},
                                           {"", 1},
                                           {"bytes", 1},
                                           {"kB", 1'000},
                                           {"KB", 1'000},
                                           {"MB", 1'000'000},
                                           {"GB", 1'000'000'000},
                                           {"TB", 1'000'000'000'000},
                                           {"PB", 1'000'000'000'000'000}}};
constexpr std::array<unit, 8> time_units{{{"days", 86'400 * second},
                                          {"h", 3'600 * second},
                                          {"min", 60 * second},
                                          {"s", second},
                                          {"ms", 1'000},
                                          {"us", 1},
                                          {"day", 86'400 * second},
                                          {"d", 86'400 * second}}};
constexpr std::array<unit, 1> percent_units{{{"%", one / 100}}};

constexpr quantity bytes_quantity{R"(a size such as "512 KiB")", "bytes", byte_units};
constexpr quantity time_quantity{R"(a time such as "500 ms", "30 s" or "2 h")", "microseconds",
                                 time_units};
constexpr quantity percent_quantity{R"(a share such as "12.5 %")", "millionths", percent_units};

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// A decimal number as digits / scale.
struct decimal {
  std::uint64_t digits = 0;
  std::uint64_t scale = 1;
};

bool push_digit(decimal& number, char c) {
  return !__builtin_mul_overflow(number.digits, std::uint64_t{10}, &number.digits)
         && !__builtin_add_overflow(number.digits, static_cast<std::uint64_t>(c - '0'),
                                    &number.digits);
}

/// Takes the number off the front of `text`. Nothing when there is none or it has more digits than
/// 64 bits hold.
std::optional<decimal> take_decimal(std::string_view& text) {
  constexpr std::uint64_t most_scale = 1'000'000'000;
  decimal number;
  std::size_t at = 0;
  for (; at < text.size() && is_digit(text[at]); ++at) {
    if (!push_digit(number, text[at])) {
      return std::nullopt;
    }
  }
  if (at == 0) {
    return std::nullopt;
  }
  if (at + 1 < text.size() && text[at] == '.' && is_digit(text[at + 1])) {
    for (++at; at < text.size() && is_digit(text[at]); ++at) {
      if (number.scale == most_scale || !push_digit(number, text[at])) {
        return std::nullopt;
      }
      number.scale *= 10;
    }
  }
  text.remove_prefix(at);
  return number;
}

result<std::uint64_t> parse_quantity(std::string_view text, const quantity& kind) {
  std::string_view rest = trimmed(text);
  const auto number = take_decimal(rest);
  if (!number) {
    return fail(errc::config_invalid, "not {}", kind.example);
  }
  const std::string_view name = trimmed(rest);
  const auto* found = std::find_if(kind.units.data(), kind.units.data() + kind.units.size(),
                                   [&](const unit& known) { return known.name == name; });
  if (found == kind.units.data() + kind.units.size()) {
    if (name.empty() && number->digits == 0) {
      return 0;
    }
    return fail(errc::config_invalid, "not {}", kind.example);
  }
  std::uint64_t scaled = 0;
  if (__builtin_mul_overflow(number->digits, found->factor, &scaled)) {
    return fail(errc::config_invalid, "too large");
  }
  if (scaled % number->scale != 0) {
    return fail(errc::config_invalid, "no whole number of {}", kind.whole);
  }
  return scaled / number->scale;
}

std::string quantity_text(std::uint64_t amount, std::span<const unit> units) {
  for (const unit& candidate : units.first(printed_units)) {
    if (amount == candidate.factor && candidate.name == "days") {
      return "1 day";
    }
    if (amount % candidate.factor == 0) {
      return fmt::format("{} {}", amount / candidate.factor, candidate.name);
    }
  }
  return std::to_string(amount);  // not reached: the last unit is 1
}

}  // namespace

std::uint64_t percent::of(std::uint64_t total) const noexcept {
  const std::uint64_t share = std::min(millionths, one);
  return total / one * share + total % one * share / one;
}

std::uint64_t size_or_percent::resolve(std::uint64_t total_bytes) const noexcept {
  if (const auto* share = std::get_if<percent>(&amount)) {
    return share->of(total_bytes);
  }
  return *std::get_if<std::uint64_t>(&amount);
}

std::partial_ordering operator<=>(const size_or_percent& left,
                                  const size_or_percent& right) noexcept {
  if (left.amount.index() != right.amount.index()) {
    return std::partial_ordering::unordered;
  }
  if (const auto* share = std::get_if<percent>(&left.amount)) {
    return *share <=> *std::get_if<percent>(&right.amount);
  }
  return *std::get_if<std::uint64_t>(&left.amount) <=> *std::get_if<std::uint64_t>(&right.amount);
}

result<std::uint64_t> parse_bytes(std::string_view text) {
  return parse_quantity(text, bytes_quantity);
}

result<duration> parse_duration(std::string_view text) {
  const auto amount = parse_quantity(text, time_quantity);
  if (!amount) {
    return tl::unexpected<core::error>(amount.error());
  }
  if (*amount > static_cast<std::uint64_t>(std::numeric_limits<duration::rep>::max())) {
    return fail(errc::config_invalid, "too large");
  }
  return duration(static_cast<duration::rep>(*amount));
}

result<percent> parse_percent(std::string_view text) {
  const auto amount = parse_quantity(text, percent_quantity);
  if (!amount) {
    return tl::unexpected<core::error>(amount.error());
  }
  if (*amount > one) {
    return fail(errc::config_invalid, "more than 100 %");
  }
  return percent{static_cast<std::uint32_t>(*amount)};
}

result<size_or_percent> parse_size_or_percent(std::string_view text) {
  if (text.find('%') != std::string_view::npos) {
    const auto share = parse_percent(text);
    if (!share) {
      return tl::unexpected<core::error>(share.error());
    }
    return size_or_percent{*share};
  }
  const auto bytes = parse_bytes(text);
  if (!bytes) {
    return tl::unexpected<core::error>(bytes.error());
  }
  return size_or_percent{*bytes};
}

result<file_mode> parse_file_mode(std::string_view text) {
  const bool octal =
    std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '7'; });
  if (!octal || text.size() < 3 || text.size() > 4) {
    return fail(errc::config_invalid, R"(not an octal mode such as "0660")");
  }
  file_mode mode;
  for (const char c : text) {
    mode.bits = mode.bits * 8 + static_cast<std::uint32_t>(c - '0');
  }
  return mode;
}

std::string bytes_text(std::uint64_t bytes) {
  return bytes == 0 ? "0" : quantity_text(bytes, byte_units);
}

std::string duration_text(duration time) {
  const auto amount = static_cast<std::uint64_t>(std::max(time, duration::zero()).count());
  return amount == 0 ? "0 s" : quantity_text(amount, time_units);
}

std::string percent_text(percent share) {
  const std::uint32_t whole = share.millionths / (one / 100);
  const std::uint32_t rest = share.millionths % (one / 100);
  if (rest == 0) {
    return fmt::format("{} %", whole);
  }
  std::string decimals = fmt::format("{:04}", rest);
  decimals.erase(decimals.find_last_not_of('0') + 1);
  return fmt::format("{}.{} %", whole, decimals);
}

std::string size_or_percent_text(const size_or_percent& size) {
  if (const auto* share = std::get_if<percent>(&size.amount)) {
    return percent_text(*share);
  }
  return bytes_text(*std::get_if<std::uint64_t>(&size.amount));
}

std::string file_mode_text(file_mode mode) {
  return fmt::format("{:04o}", mode.bits);
}

}  // namespace cellard::config
