// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Typed optional fields, by which hello, open, history and forecast can grow: u16 type, u16 length,
// the bytes, padded to 4. A receiver skips a type it does not know when it has the bit
// `optional_field`, and refuses the request otherwise.
#pragma once

#include "core/result.hpp"
#include "protocol/wire.hpp"

#include <cstdint>
#include <string_view>

namespace cellard::protocol {

inline constexpr std::uint16_t optional_field = 0x8000;

inline std::string_view as_text(bytes_view bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Calls `handle(type, value)` for each field until the end; it returns result<bool>, false for a
/// type it does not know.
template <class Handle>
core::result<core::ok_t> for_each_field(reader& in, Handle handle) {
  while (in.left() > 0) {
    const auto type = in.read<std::uint16_t>();
    const auto length = in.read<std::uint16_t>();
    const auto value = in.take(length);
    in.take((4U - length % 4U) % 4U);
    if (in.failed()) {
      return core::fail(core::errc::bad_frame, "field {} is longer than the frame", type);
    }
    core::result<bool> known = handle(type, value);
    CELLARD_TRY(known);
    if (!*known && (type & optional_field) == 0) {
      return core::fail(core::errc::invalid_argument,
                        "field {} is not known to this version or has a wrong length", type);
    }
  }
  return core::ok_t{};
}

/// Appends one field. @pre value.size() < 65536
inline void write_field(writer& out, std::uint16_t type, bytes_view value) {
  out.write(type);
  out.write(static_cast<std::uint16_t>(value.size()));
  out.write_span<std::byte>(value);
  const std::byte zero[4] = {};
  out.write_span<std::byte>(std::span{zero}.first((4 - value.size() % 4) % 4));
}

inline void write_field(writer& out, std::uint16_t type, std::string_view text) {
  write_field(out, type, std::as_bytes(std::span{text}));
}

}  // namespace cellard::protocol
