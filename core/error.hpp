// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// What can go wrong, as one small numbered set. The same numbers travel on the wire
// (protocol/frame.hpp) and in the C ABI (cellard/client.h), so a number is never given to another
// meaning. docs/errors.md has a row for each: cause and remedy. An `error` adds a sentence that
// names the object, the limit and what to do.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace cellard::core {

/// Error codes. Zero is success and is never carried by an `error`.
enum class errc : std::uint8_t {
  ok = 0,
  invalid_argument = 1,     ///< a value is outside what its field allows
  unsupported_version = 2,  ///< no common protocol or format version
  unknown_opcode = 3,       ///< the request is not one that this version knows
  frame_too_large = 4,      ///< a frame is larger than limits.frame
  bad_frame = 5,            ///< a frame's parts do not add up to its length
  not_open = 6,             ///< hello or open has to come first
  layout_mismatch = 7,      ///< the namespace exists with another layout; the field is named
  no_parent = 8,            ///< a chain may only grow at a block that is present
  pending = 9,              ///< another session is writing this key
  busy = 10,                ///< no space or no queue place now; try again later or drop the put
  limit_reached = 11,       ///< a configured limit; the message names its key
  timed_out = 12,           ///< the request's own deadline passed
  not_found = 13,           ///< no such key, namespace, lease or ticket
  gone = 14,                ///< the slot was given to another block since it was looked up
  permission_denied = 15,   ///< reserved for the owner of the daemon or root
  shutting_down = 16,       ///< the daemon, or the actor that was asked, is ending
  out_of_memory = 17,       ///< the kernel gave no memory
  out_of_descriptors = 18,  ///< the process has no file descriptor left
  io_error = 19,            ///< a system call failed; the message names it
  corrupt = 20,             ///< bytes do not have the checksum they were stored with
  config_invalid = 21,      ///< the configuration is refused; nothing was changed
  unavailable = 22,         ///< client side: no daemon answers at the socket
  forked = 23,              ///< client side: this handle belongs to the parent process
  exists = 24,              ///< the key is present already; nothing was written
  internal = 25,            ///< a bug of ours; please report it
};

/// How many codes there are, `ok` included.
inline constexpr std::size_t errc_count = 26;

/// The code's name as in the enumeration, e.g. "no_parent"; "unknown" for a number outside of it.
std::string_view to_string(errc code) noexcept;

/// A code and a sentence for the person who has to act on it.
class [[nodiscard]] error {
public:
  error(errc code, std::string context) : code_(code), context_(std::move(context)) {}

  [[nodiscard]] errc code() const noexcept { return code_; }
  [[nodiscard]] const std::string& context() const noexcept { return context_; }

  /// "no_parent: key 3 of the chain ..."
  [[nodiscard]] std::string message() const;

  friend bool operator==(const error&, const error&) = default;

private:
  errc code_;
  std::string context_;
};

}  // namespace cellard::core
