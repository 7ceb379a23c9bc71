// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The two headers that begin every frame, the opcodes and the limits of the protocol. One frame is
// one message of a SOCK_SEQPACKET Unix socket, so there is no length to trust and no half frame.
// docs/protocol.md is the contract; the sizes asserted here are the ones it states.
#pragma once

#include "core/error.hpp"
#include "core/result.hpp"
#include "protocol/wire.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace cellard::protocol {

inline constexpr std::uint16_t version_min = 1;
inline constexpr std::uint16_t version_max = 1;
inline constexpr std::string_view magic{"CELLARD\0", 8};

inline constexpr std::size_t default_frame_bytes = 192 * 1024;
inline constexpr std::size_t max_keys = 4096;               ///< keys in one request, at most
inline constexpr std::size_t max_inline_bytes = 64 * 1024;  ///< payload in one read or write frame
inline constexpr std::size_t max_descriptors =
  250;  ///< descriptors with one reply (the kernel allows 253)
inline constexpr std::size_t max_name_bytes = 128;
inline constexpr std::size_t max_salt_bytes = 256;
inline constexpr std::size_t max_message_bytes = 1024;  ///< text of an error reply

enum class opcode : std::uint16_t {
  hello = 1,
  open = 2,
  close = 3,
  salt = 4,
  lookup = 5,
  get = 6,
  release = 7,
  reserve = 8,
  commit = 9,
  abort = 10,
  write = 11,
  read = 12,
  touch = 13,
  prefetch = 14,
  remove = 15,
  pin = 16,
  unpin = 17,
  list = 18,
  corrupt = 19,
  stats = 20,
  health = 21,
  namespaces = 22,
  sessions = 23,
  config = 24,
  stage = 25,
  put = 26,
  forget = 27,
  history = 28,
  forecast = 29,
  reload = 32,
  drain = 33,
  clear = 34,
};

/// "lookup", or "unknown".
std::string_view to_string(opcode op) noexcept;

/// True for the opcodes that only the daemon's owner and root may send: those from 32 on.
constexpr bool is_privileged(opcode op) noexcept {
  return static_cast<std::uint16_t>(op) >= 32;
}

struct request_header {
  std::uint16_t op = 0;
  std::uint16_t flags = 0;        ///< request_flags
  std::uint32_t request_id = 0;   ///< chosen by the client, echoed
  std::uint32_t deadline_us = 0;  ///< relative; 0 = limits.request_deadline
  std::uint16_t releases = 0;     ///< lease ids (u64) that follow this header
  std::uint16_t reserved = 0;
};
static_assert(sizeof(request_header) == 16);

enum request_flags : std::uint16_t {
  no_reply = 1,  ///< only with opcode release
};

struct reply_header {
  std::uint16_t op = 0;     ///< the request's, with reply_bit
  std::uint8_t status = 0;  ///< core::errc
  std::uint8_t flags = 0;   ///< reply_flags
  std::uint32_t request_id = 0;
  std::uint32_t body_bytes = 0;   ///< of what follows this header
  std::uint32_t descriptors = 0;  ///< passed with this frame by SCM_RIGHTS
};
static_assert(sizeof(reply_header) == 16);

inline constexpr std::uint16_t reply_bit = 0x8000;

enum reply_flags : std::uint8_t {
  leases_lost = 1,  ///< leases of this session were revoked since the last reply that said so
  draining = 2,     ///< the daemon is about to end; puts are refused
};

/// A request as it arrived: the header, the leases to give back, and the body.
struct request_frame {
  request_header header;
  bytes_view releases;  ///< header.releases little-endian u64
  bytes_view body;
};

/// errc::bad_frame when the header is incomplete or announces more leases than there are bytes.
core::result<request_frame> split_request(bytes_view frame);

struct reply_frame {
  reply_header header;
  bytes_view body;
};

/// errc::bad_frame when the header is incomplete or body_bytes differs from what follows.
core::result<reply_frame> split_reply(bytes_view frame);

}  // namespace cellard::protocol
