// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// The property that holds for any bytes whatsoever, shared by the unit tests and the fuzz target:
// what a decoder accepts can be encoded, and decoding that again gives the same. Encoding also
// touches every byte that a decoded span refers to, so that the address sanitizer sees a span that
// leaves its frame.
#pragma once

#include "protocol/replies.hpp"
#include "protocol/requests.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <vector>

namespace cellard::tests {

using frame_bytes = std::vector<std::byte>;

/// The canonical form of a request frame: decoded and encoded. Nothing when it is refused.
inline std::optional<frame_bytes> reencode_request(protocol::bytes_view frame) {
  const auto parts = protocol::split_request(frame);
  if (!parts) {
    return {};
  }
  const auto body = protocol::decode(*parts);
  if (!body) {
    return {};
  }
  std::vector<std::uint64_t> releases(parts->header.releases);
  if (!releases.empty()) {
    std::memcpy(releases.data(), parts->releases.data(), parts->releases.size());
  }
  frame_bytes bytes;
  protocol::writer out{bytes};
  protocol::encode(out, parts->header, releases, *body);
  return bytes;
}

/// The same for a reply of type T.
template <class T>
std::optional<frame_bytes> reencode_reply(protocol::bytes_view frame) {
  const auto parts = protocol::split_reply(frame);
  if (!parts) {
    return {};
  }
  const auto op = static_cast<protocol::opcode>(parts->header.op & ~protocol::reply_bit);
  const protocol::reply_context context{op, parts->header.request_id, parts->header.flags,
                                        parts->header.descriptors};
  frame_bytes bytes;
  protocol::writer out{bytes};
  const auto body = protocol::decode_reply<T>(*parts);
  if (body) {
    protocol::encode(out, context, *body);
  } else if (parts->header.status != 0) {
    protocol::encode(out, context, body.error());
  } else {
    return {};
  }
  return bytes;
}

using reencode_function = std::optional<frame_bytes> (*)(protocol::bytes_view);

/// One function a reply type, so that a test can take each.
inline constexpr std::array<reencode_function, 12> reencode_replies = {
  reencode_reply<protocol::hello_reply>, reencode_reply<protocol::open_reply>,
  reencode_reply<protocol::salt_reply>,  reencode_reply<protocol::match_reply>,
  reencode_reply<protocol::get_reply>,   reencode_reply<protocol::reserve_reply>,
  reencode_reply<protocol::stage_reply>, reencode_reply<protocol::status_list_reply>,
  reencode_reply<protocol::count_reply>, reencode_reply<protocol::read_reply>,
  reencode_reply<protocol::list_reply>,  reencode_reply<protocol::text_reply>};

/// True when `frame` is refused, or accepted with a canonical form that is its own canonical form.
inline bool is_refused_or_stable(reencode_function reencode, protocol::bytes_view frame) {
  const auto once = reencode(frame);
  return !once || reencode(*once) == once;
}

}  // namespace cellard::tests
