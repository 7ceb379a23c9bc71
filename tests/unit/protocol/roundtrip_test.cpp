// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "tests/unit/protocol/samples.hpp"

#include <boost/test/unit_test.hpp>

#include <set>

using namespace cellard;
using namespace cellard::tests;

BOOST_AUTO_TEST_SUITE(roundtrip)

BOOST_AUTO_TEST_CASE(every_frame_decodes_to_what_was_encoded) {
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    for (const auto& [name, bytes, reencode, open_end] : random_samples(seed)) {
      const auto again = reencode(bytes);
      BOOST_TEST_REQUIRE(again.has_value(), name << " of seed " << seed << " is refused");
      BOOST_TEST_REQUIRE((*again == bytes), name << " of seed " << seed << " changed");
    }
  }
}

BOOST_AUTO_TEST_CASE(the_samples_cover_every_opcode_and_reply_type) {
  std::set<unsigned> sampled;
  std::set<reencode_function> kinds;
  for (const auto& sample : random_samples(1)) {
    if (sample.reencode == reencode_request) {
      sampled.insert(protocol::split_request(sample.bytes)->header.op);
    }
    kinds.insert(sample.reencode);
  }
  for (unsigned number = 0; number < 0x10000; ++number) {
    const auto name = protocol::to_string(static_cast<protocol::opcode>(number));
    BOOST_TEST((name != "unknown") == sampled.contains(number), "opcode " << number);
  }
  BOOST_TEST(kinds.size() == reencode_replies.size() + 1);
}

BOOST_AUTO_TEST_CASE(an_error_travels_with_its_sentence) {
  for (unsigned number = 1; number < core::errc_count; ++number) {
    const core::error problem{static_cast<core::errc>(number), "staging is full"};
    frame_bytes bytes;
    protocol::writer out{bytes};
    protocol::encode(out, {protocol::opcode::put, 7, 0, 0}, problem);
    const auto parts = protocol::split_reply(bytes);
    BOOST_TEST_REQUIRE(parts.has_value());
    const auto body = protocol::decode_reply<protocol::get_reply>(*parts);
    BOOST_TEST_REQUIRE(!body.has_value());
    BOOST_TEST((body.error() == problem));
  }
}

BOOST_AUTO_TEST_CASE(an_error_of_a_later_version_is_internal) {
  frame_bytes bytes;
  protocol::writer out{bytes};
  protocol::encode(out, {}, core::error{static_cast<core::errc>(core::errc_count), "new"});
  const auto body = protocol::decode_reply<protocol::salt_reply>(*protocol::split_reply(bytes));
  BOOST_TEST_REQUIRE(!body.has_value());
  BOOST_TEST((body.error().code() == core::errc::internal));
}

BOOST_AUTO_TEST_SUITE_END()
