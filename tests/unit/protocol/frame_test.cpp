// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "protocol/frame.hpp"

#include "protocol/bodies.hpp"
#include "protocol/requests.hpp"
#include "protocol/slot_header.hpp"
#include "tests/unit/protocol/reencode.hpp"

#include <boost/test/unit_test.hpp>

#include <cstddef>

using namespace cellard;
using namespace cellard::protocol;
using core::errc;
using tests::frame_bytes;

namespace {

frame_bytes encoded(const request& body, request_header header = {},
                    std::span<const std::uint64_t> releases = {}) {
  frame_bytes bytes;
  writer out{bytes};
  encode(out, header, releases, body);
  return bytes;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(frame)

BOOST_AUTO_TEST_CASE(an_unknown_opcode_is_answered_as_such) {
  int unknown = 0;
  for (unsigned number = 0; number < 0x10000; ++number) {
    if (to_string(static_cast<opcode>(number)) == "unknown") {
      request_frame frame{};
      frame.header.op = static_cast<std::uint16_t>(number);
      const auto body = decode(frame);
      BOOST_TEST_REQUIRE(!body.has_value());
      BOOST_TEST((body.error().code() == errc::unknown_opcode), "opcode " << number);
      ++unknown;
    }
  }
  BOOST_TEST(unknown == 0x10000 - 32);
}

BOOST_AUTO_TEST_CASE(only_release_may_ask_for_no_reply) {
  request_header header;
  header.flags = no_reply;
  const std::uint64_t leases[] = {1, 2};
  BOOST_TEST(tests::reencode_request(encoded(release_request{}, header, leases)).has_value());
  const auto close = encoded(close_request{1}, header);
  const auto body = decode(*split_request(close));
  BOOST_TEST_REQUIRE(!body.has_value());
  BOOST_TEST((body.error().code() == errc::invalid_argument));
}

BOOST_AUTO_TEST_CASE(releases_stand_before_the_body) {
  const std::uint64_t leases[] = {0x1122334455667788, 2};
  const auto bytes = encoded(close_request{9}, {}, leases);
  const auto parts = split_request(bytes);
  BOOST_TEST_REQUIRE(parts.has_value());
  BOOST_TEST(parts->header.releases == 2);
  BOOST_TEST(parts->releases.size() == 16U);
  BOOST_TEST(static_cast<int>(parts->releases[0]) == 0x88);
  BOOST_TEST(parts->body.size() == 4U);
}

BOOST_AUTO_TEST_CASE(more_leases_than_bytes_are_a_bad_frame) {
  auto bytes = encoded(release_request{});
  bytes[offsetof(request_header, releases)] = std::byte{1};
  const auto parts = split_request(bytes);
  BOOST_TEST_REQUIRE(!parts.has_value());
  BOOST_TEST((parts.error().code() == errc::bad_frame));
}

BOOST_AUTO_TEST_CASE(the_owner_alone_may_send_opcodes_from_32_on) {
  BOOST_TEST(!is_privileged(opcode::put));
  BOOST_TEST(!is_privileged(opcode::forget));
  BOOST_TEST(is_privileged(opcode::reload));
  BOOST_TEST(is_privileged(opcode::clear));
}

BOOST_AUTO_TEST_CASE(a_hello_without_the_magic_is_refused) {
  auto bytes = encoded(hello_request{});
  bytes[sizeof(request_header)] ^= std::byte{1};
  const auto body = decode(*split_request(bytes));
  BOOST_TEST_REQUIRE(!body.has_value());
  BOOST_TEST((body.error().code() == errc::bad_frame));
}

/// docs/protocol.md names these offsets to writers of other clients.
BOOST_AUTO_TEST_CASE(shared_memory_lies_as_documented) {
  BOOST_TEST(offsetof(slot_header, generation) == 0U);
  BOOST_TEST(offsetof(slot_header, state) == 4U);
  BOOST_TEST(offsetof(slot_header, format) == 5U);
  BOOST_TEST(offsetof(slot_header, codec) == 6U);
  BOOST_TEST(offsetof(slot_header, first_granule) == 8U);
  BOOST_TEST(offsetof(slot_header, length) == 12U);
  BOOST_TEST(offsetof(slot_header, checksum) == 16U);
  BOOST_TEST(offsetof(slot_header, sequence) == 24U);
  BOOST_TEST(offsetof(slot_header, key) == 32U);
  BOOST_TEST(offsetof(slot_header, parent) == 64U);
  BOOST_TEST(offsetof(slot_header, salt) == 96U);
  BOOST_TEST(offsetof(slot_header, part) == 112U);
  BOOST_TEST(offsetof(slot_header, flags) == 114U);
  BOOST_TEST(offsetof(slot_header, created) == 116U);
  BOOST_TEST(offsetof(slot_header, error_bound) == 120U);
  BOOST_TEST(offsetof(slot_header, header_check) == 124U);
  BOOST_TEST(segment_table_offset == 4096U);
  BOOST_TEST(offsetof(segment_header, granule_bytes) == 16U);
  BOOST_TEST(offsetof(segment_header, data_offset) == 32U);
  BOOST_TEST(offsetof(segment_header, layout_hash) == 48U);
}

BOOST_AUTO_TEST_SUITE_END()
