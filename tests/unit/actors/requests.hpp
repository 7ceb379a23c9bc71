// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Requests as the connection hands them to a session: a frame, and the body decoded from it.
#pragma once

#include "actors/messages.hpp"
#include "tests/support/keys.hpp"

#include <boost/test/unit_test.hpp>

namespace cellard::actors::testing {

using tests::key_of;
using tests::keys_from;

struct how {
  std::uint32_t id = 1;
  std::chrono::milliseconds ago{0};  ///< when it arrived
  std::uint32_t deadline_us = 0;
  std::vector<std::uint64_t> releases;
  std::uint16_t flags = 0;
};

/// The frame of a request, as it comes out of a socket, answered to `to`.
inline inbound_ptr arriving(const protocol::request& body, const std::shared_ptr<reply_sink>& to,
                            const how& with = {}) {
  std::vector<std::byte> frame;
  protocol::writer out{frame};
  protocol::request_header header;
  header.request_id = with.id;
  header.deadline_us = with.deadline_us;
  header.flags = with.flags;
  protocol::encode(out, header, with.releases, body);
  auto made = std::make_shared<inbound>(to);
  BOOST_TEST_REQUIRE(made->decode(std::move(frame)));
  BOOST_TEST_REQUIRE(!made->problem.has_value());
  made->arrived = std::chrono::steady_clock::now() - with.ago;
  return made;
}

/// Blocks one behind the other in the staging area.
inline protocol::put_request put_of(std::uint64_t first, std::size_t count, std::uint32_t length,
                                    std::uint32_t space = 1) {
  protocol::put_request request;
  request.space = space;
  for (std::size_t i = 0; i < count; ++i) {
    request.entries.push_back({key_of(first + i), i * length, length, 0});
  }
  return request;
}

}  // namespace cellard::actors::testing
