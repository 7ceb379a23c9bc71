// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// What people name: one codec for keys, one for values, and how the next gentler one is called when
// a segment does not take it. A table of constants.
#pragma once

#include "core/result.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace cellard::gpu {

enum class family : std::uint8_t { none, quantizer, compressor };

struct scheme {
  std::string_view name;
  family by;                     ///< whose work it is
  std::string_view keys;         ///< codec; "raw" = none
  std::string_view values;       ///< codec; "raw" = none
  std::uint32_t first_tokens;    ///< of a sequence that stay raw unless told otherwise
  std::string_view description;  ///< for people, one line
  bool learned = false;          ///< by a profile of the model; int8 where there is none
};

/// All of them, gentlest first within a family.
[[nodiscard]] std::span<const scheme> schemes() noexcept;

/// errc::invalid_argument with the names that exist.
[[nodiscard]] core::result<scheme> find_scheme(std::string_view name);

/// The same, of one family only.
[[nodiscard]] core::result<scheme> find_scheme(std::string_view name, family by);

/// The codec to take when `codec` refused a segment or erred too much; "raw" after the last.
[[nodiscard]] std::string_view gentler(std::string_view codec) noexcept;

}  // namespace cellard::gpu
